"""Peak files of every caller, and BED files of regions."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError, in_file
from resist_epi.genome.bed_table import HOMER_ID, SAF_ID, BedTable, read_bed_table
from resist_epi.genome.regions import check_regions, make_regions
from resist_epi.io.digest import fingerprint
from resist_epi.io.store import write_text
from resist_epi.schema import KINDS

logger = logging.getLogger(__name__)

PEAK_COLUMNS = (
    "chrom",
    "start",
    "end",
    "name",
    "score",
    "strand",
    "signal",
    "pvalue",
    "qvalue",
    "summit",
)

_NUMBERS = ("score", "signal", "pvalue", "qvalue")

_COLOURS = {"gain": "213,94,0", "loss": "0,114,178"}  # those of the figures (Okabe & Ito 2008)

_SUFFIXES = re.compile(r"(_peaks)?(\.(bed|narrowPeak|broadPeak|gappedPeak|xls|tsv|txt|gz))+$", re.I)

# A run looks at the peaks of its sheet three times: when it checks the files, their chromosomes,
# and when it works with them. Tables of so many rows in all are kept (about 100 MB), the last read.
_KEPT_ROWS = 1_000_000
_KEPT: dict[tuple[object, ...], pd.DataFrame] = {}

_SEACR_REGION = r"^.+:(\d{1,10})-(\d{1,10})$"


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read the peaks of one sample.

    BED3 to BED6 and any columns behind them, BED9 and BED12, narrowPeak, broadPeak, gappedPeak,
    SEACR, SICER's summaries, MACS `_peaks.xls`, epic2, HOMER and other tables whose header names
    chrom, start and end. Told by the content, not the name; plain or gzip; any line ends; comment,
    `track` and `browser` lines are skipped. A table with a `length` or `width` column says by it
    whether its starts count from 1 (MACS, R) or from 0; those of HOMER (a column `PeakID`) count
    from 1, and have 0 and 1 for the strands + and -; those of featureCounts (SAF, a column
    `GeneID`) count from 1, too.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    One row a peak, in the order of the file: `chrom`, `start` and `end` (int64, bp, 0-based
    half-open), `name` (empty where there is none), `score` (float64), `strand` (+ - .), `signal`
    (float64: narrowPeak's signalValue, MACS' fold enrichment, SEACR's total signal), `pvalue` and
    `qvalue` (float64, -log10, also where the file has P and FDR; NaN where not given), `summit`
    (int64: 0-based position in the chromosome, -1 where not given). An empty file gives an empty
    table and a warning in the log.

    Raises
    ------
    InputFormatError
        If the file is unreadable, not text, or a row is not a peak; with the line.
    """
    path = Path(path)
    seen = _seen(path)
    if seen is not None and seen in _KEPT:
        _KEPT[seen] = _KEPT.pop(seen)  # the last to go
        return _KEPT[seen].copy()
    peaks = _interpret(read_bed_table(path))
    if seen is not None and seen == _seen(path) and 0 < len(peaks) <= _KEPT_ROWS:
        _KEPT[seen] = peaks.copy()
        while sum(map(len, _KEPT.values())) > _KEPT_ROWS:
            del _KEPT[next(iter(_KEPT))]
    return peaks


def forget_peaks() -> None:
    """Let go of the tables that `read_peaks` has kept, once a run has looked at them."""
    _KEPT.clear()


def _seen(path: Path) -> tuple[object, ...] | None:
    """What tells that a file is as it was; None where there is none."""
    try:
        return str(path.absolute()), fingerprint(path)
    except OSError:
        return None


def _interpret(table: BedTable) -> pd.DataFrame:
    if table.fields.empty:
        logger.warning("%s: holds no peaks", table.path)
        return _empty()
    columns = _columns(table)
    n = len(table.fields)
    start, end = _coordinates(table, columns)
    peaks = pd.DataFrame({"chrom": _chroms(table, columns["chrom"]), "start": start, "end": end})
    named = columns.get("name", columns.get(HOMER_ID, columns.get(SAF_ID)))
    peaks["name"] = "" if named is None else table.fields[named].astype(str)
    for name in _NUMBERS:
        peaks[name] = table.numbers(columns[name], name) if name in columns else np.full(n, np.nan)
    _macs_14(table, columns, peaks)
    _raw_pvalues(table, columns, peaks)
    for name in ("pvalue", "qvalue"):
        peaks[name] = peaks[name].where(peaks[name] != -1)  # the formats' word for "none"
    peaks["strand"] = _strand(table, columns)
    peaks["summit"] = _summits(table, columns, start)
    return peaks[list(PEAK_COLUMNS)]


def _empty() -> pd.DataFrame:
    table = pd.DataFrame({name: pd.Series(dtype=str) for name in PEAK_COLUMNS})
    whole = dict.fromkeys(("start", "end", "summit"), np.int64)
    return table.astype(whole | dict.fromkeys(_NUMBERS, np.float64))


def _columns(table: BedTable) -> dict[str, int]:
    """Position of each column, by the header or by the format that the fields show."""
    if table.header is not None:
        return {name: i for i, name in reversed(list(enumerate(table.header)))}
    width = table.fields.shape[1]
    bed = {"chrom": 0, "start": 1, "end": 2, "name": 3, "score": 4, "strand": 5}
    bed = {name: i for name, i in bed.items() if i < width}
    suffixes = str(table.path).lower()
    if width == 6 and table.fields[5].str.match(_SEACR_REGION).all():
        return dict(list(bed.items())[:3]) | {"signal": 3, "score": 4, "max_region": 5}
    if width == 8 and table.is_numeric(*range(1, 8)):  # SICER's islands-summary
        own = {"score": 3, "raw_pvalue": 5, "signal": 6, "raw_qvalue": 7}
        return dict(list(bed.items())[:3]) | own
    more: dict[str, int] = {}
    if width == 15 and table.is_numeric(12, 13, 14):
        more = {"signal": 12, "pvalue": 13, "qvalue": 14}
    elif width == 10 and (".narrowpeak" in suffixes or table.is_numeric(6, 7, 8, 9)):
        more = {"signal": 6, "pvalue": 7, "qvalue": 8, "offset": 9}
    elif width == 9 and (".broadpeak" in suffixes or _is_broad(table)):
        more = {"signal": 6, "pvalue": 7, "qvalue": 8}
    return bed | more


def _is_broad(table: BedTable) -> bool:
    """Nine columns of numbers, the last three not those of BED9 (thick part and colour)."""
    if not table.is_numeric(1, 2, 6, 7, 8):
        return False
    start, end, thick_start, thick_end = (table.fields[i] for i in (1, 2, 6, 7))
    thick = (thick_start >= start) & (thick_start <= thick_end) & (thick_end <= end)
    return not thick.all()


def _chroms(table: BedTable, column: int) -> pd.Series:
    chrom = table.fields[column].astype(str).str.strip()
    table.refuse((chrom == "").to_numpy(), "no chromosome in this row")
    return chrom


def _coordinates(
    table: BedTable, columns: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start, end = table.whole(columns["start"], "start"), table.whole(columns["end"], "end")
    by_length = "length" in columns and _counts_from_one(table, columns["length"], end - start)
    by_name = HOMER_ID in columns or (SAF_ID in columns and "length" not in columns)
    if by_length or by_name:
        start = start - 1
    table.refuse(
        start < 0,
        "negative start",
        columns["start"],
        expected="a 0-based position, at least 0 (1 where positions count from 1)",
    )
    table.refuse(
        start >= end,
        "the start is not below the end",
        expected="0-based half-open intervals of one base at least",
        remedy="points must span one base; positions that count from 1 need start - 1",
    )
    return start, end


def _counts_from_one(table: BedTable, column: int, difference: NDArray[np.int64]) -> bool:
    """Whether the length column is end - start + 1 throughout (or end - start: counts from 0)."""
    length = table.whole(column, "length")
    extra = length - difference
    table.refuse(
        (extra != extra[0]) | ((extra != 0) & (extra != 1)),
        "the length fits neither end - start nor end - start + 1 as in the other rows",
        column,
        remedy="check whether positions count from 0 or from 1, and write a BED file",
    )
    return bool(extra[0] == 1)


def _strand(table: BedTable, columns: dict[str, int]) -> pd.Series:
    if "strand" not in columns:
        return pd.Series(".", index=table.fields.index, dtype=str)
    column = columns["strand"]
    known = {"*": ".", "": "."} | ({"0": "+", "1": "-"} if HOMER_ID in columns else {})
    strand = table.fields[column].astype(str).replace(known)
    table.refuse(
        ~strand.isin(["+", "-", "."]).to_numpy(),
        f"the strand (column {column + 1}) is none of + - .",
        column,
        remedy="if the file is no BED, keep its first three columns (cut -f1-3)",
    )
    return strand


def _macs_14(table: BedTable, columns: dict[str, int], peaks: pd.DataFrame) -> None:
    """MACS 1.4 writes -10 log10 P and the FDR in percent."""
    if "pvalue_times_10" in columns:
        peaks["pvalue"] = table.numbers(columns["pvalue_times_10"], "P value") / 10
    if "fdr_percent" in columns:
        percent = table.numbers(columns["fdr_percent"], "FDR")
        with np.errstate(divide="ignore"):
            peaks["qvalue"] = -np.log10(percent / 100)


def _raw_pvalues(table: BedTable, columns: dict[str, int], peaks: pd.DataFrame) -> None:
    """P and FDR of epic2, SICER, HOMER and R become -log10; UCSC's pValue is that already."""
    for name in ("pvalue", "qvalue"):
        column = columns.get(f"raw_{name}")
        if column is None or name in columns:
            continue
        values = table.numbers(column, name)
        if (values > 1).any() or (values < 0).any() or "peak" in columns:
            peaks[name] = values
        else:
            with np.errstate(divide="ignore"):
                peaks[name] = -np.log10(values)


def _summits(
    table: BedTable, columns: dict[str, int], start: NDArray[np.int64]
) -> NDArray[np.int64]:
    if "abs_summit" in columns:  # MACS counts from 1
        return table.whole(columns["abs_summit"], "summit") - 1
    if "rel_summit" in columns and "length" in columns:  # MACS 1.4, from the start, from 1
        return start + table.whole(columns["rel_summit"], "summit") - 1
    if "offset" in columns:
        offset = table.whole(columns["offset"], "summit")
        return np.where(offset >= 0, start + offset, -1)
    if "max_region" in columns:
        ends = table.fields[columns["max_region"]].str.extract(_SEACR_REGION).astype(np.int64)
        return ((ends[0] + ends[1]) // 2).to_numpy()
    return np.full(len(start), -1, dtype=np.int64)


def read_peak_sets(paths: Iterable[str | Path]) -> dict[str, pd.DataFrame]:
    """Peaks of several files, by sample names made of the file names.

    The name is that of the file without `.bed`, `.narrowPeak`, `.gz` and the like; where two
    would agree, the path as it was given.

    Raises
    ------
    InputFormatError
        If a file is given twice, or as `read_peaks`.
    """
    files = [Path(p) for p in paths]
    for path in files:
        if files.count(path) > 1:
            raise InputFormatError("this peak file is given twice", path=path)
    short = [_SUFFIXES.sub("", path.name) for path in files]
    names = [n if short.count(n) == 1 else str(p) for n, p in zip(short, files, strict=True)]
    return {name: read_peaks(path) for name, path in zip(names, files, strict=True)}


def read_bed_regions(path: str | Path, *, kind: str = "peaks") -> pd.DataFrame:
    """Read regions of interest, or a blacklist, from any file that `read_peaks` reads.

    Parameters
    ----------
    path
        The file. What `write_bed` wrote comes back whole, with genes, kinds and extra columns.
    kind
        Kind of the regions where the file does not say.

    Returns
    -------
    Regions; the names in the file are their ids where all are there and differ.

    Raises
    ------
    InputFormatError
        As `read_peaks`.
    """
    table = read_bed_table(path)
    peaks = _interpret(table)
    regions = peaks[["chrom", "start", "end", "strand"]].copy()
    if len(peaks) and (peaks["name"] != "").all() and peaks["name"].is_unique:
        regions["region_id"] = peaks["name"]
    with in_file(path):
        return _regions_of(table, regions, kind)


def _regions_of(table: BedTable, regions: pd.DataFrame, kind: str) -> pd.DataFrame:
    if table.header is None or "gene_id" not in table.header:
        return make_regions(regions, kind=kind)
    for i, name in enumerate(table.header):
        if name not in {"name", "score", *regions.columns}:
            regions[name] = _restored(name, table.fields[i])
    if "region_id" in regions and "kind" in regions and regions["kind"].isin(KINDS).all():
        return check_regions(regions)
    return make_regions(regions, kind=kind)


def _restored(name: str, column: pd.Series) -> pd.Series:
    """A column as it was before it was written: numbers with gaps are numbers again."""
    if name in ("gene_id", "symbol", "kind") or column.dtype.kind in "ifb":
        return column
    gaps = column.isin(["", "."])
    numbers = pd.to_numeric(column.where(~gaps), errors="coerce")
    return numbers if (numbers.isna() == gaps).all() and not gaps.all() else column


def write_bed(regions: pd.DataFrame, path: str | Path) -> None:
    """Write regions as BED6 with further columns behind; gzip where the name ends in `.gz`.

    The name is the region's id, the score 0. A comment line at the top names the columns, so that
    `read_bed_regions` restores genes, kinds and extra columns.

    Raises
    ------
    InputFormatError
        If the file cannot be written, or the table is no region table.

    Examples
    --------
    >>> import tempfile
    >>> from resist_epi.genome.regions import make_regions
    >>> place = Path(tempfile.mkdtemp()) / "two.bed"
    >>> table = pd.DataFrame({"chrom": "chr1", "start": [10, 50], "end": [20, 90]})
    >>> write_bed(make_regions(table, kind="peaks"), place)
    >>> read_bed_regions(place)["end"].tolist()
    [20, 90]
    """
    table = check_regions(regions)
    bed = ["chrom", "start", "end", "region_id", "score", "strand"]
    table = table.assign(score=0)[bed + [c for c in table.columns if c not in bed]]
    write_text(path, "#" + table.to_csv(sep="\t", index=False, lineterminator="\n"))


def write_direction_bed(path: str | Path, results: pd.DataFrame) -> None:
    """Write the regions that gain or lose the mark as BED9, gains vermillion and losses blue.

    The name is symbol (or region id) and direction, the score -10 log10 of `padj` up to 1000.

    Parameters
    ----------
    path
        The file; gzip where the name ends in `.gz`. Without any call it holds its head only.
    results
        The contract's result columns.

    Raises
    ------
    InputFormatError
        If the file cannot be written.
    """
    called = results[results["direction"].isin(list(_COLOURS))]
    with np.errstate(divide="ignore"):
        score = -10 * np.log10(called["padj"].to_numpy(dtype=np.float64))
    label = called["symbol"].where(called["symbol"] != "", called["region_id"])
    bed = pd.DataFrame(
        {
            "chrom": called["chrom"],
            "start": called["start"],
            "end": called["end"],
            "name": label + ":" + called["direction"],
            "score": np.clip(np.nan_to_num(score, posinf=1000), 0, 1000).round().astype(np.int64),
            "strand": called["strand"],
            "thick_start": called["start"],
            "thick_end": called["end"],
            "colour": called["direction"].map(_COLOURS),
        }
    )
    head = 'track name="gain and loss" itemRgb="On"\n'
    write_text(path, head + bed.to_csv(sep="\t", header=False, index=False, lineterminator="\n"))
