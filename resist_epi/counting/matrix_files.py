"""Count matrices as Parquet or TSV."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat, FloatArray
from resist_epi.counting.counts_file import CountsFile, write_parquet
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError, QuantityError, did_you_mean, in_file
from resist_epi.genome.bed_table import length_column, place_column
from resist_epi.genome.regions import check_regions, make_regions
from resist_epi.io.store import read_bytes
from resist_epi.io.table_text import NOTHING, typed
from resist_epi.io.tables import read_table, write_table
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import REGIONS, names

logger = logging.getLogger(__name__)

_PARQUET_MAGIC = b"PAR1"

_OPTIONAL = ("strand", "region_id", "gene_id", "symbol", "kind")


def write_counts(path: str | Path, matrix: CountMatrix) -> None:
    """Write a matrix: Parquet, or TSV where the name ends in `.tsv` or `.tsv.gz`.

    One row a region: its columns, then a column a sample; the rest stands in the file's metadata
    (Parquet) or its `#` lines (TSV).

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    check_counts_path(path)
    described = _describe(matrix)
    if not str(path).endswith(".parquet"):
        write_table(path, matrix.to_frame(), header={"counts": described})
        return
    write_parquet(path, matrix, described)


def check_counts_path(path: str | Path) -> None:
    """Refuse a name whose ending says no format of counts, before anything is counted.

    Raises
    ------
    InputFormatError
        If it ends neither in `.parquet` nor in `.tsv` or `.tsv.gz`.
    """
    if not str(path).endswith((".parquet", ".tsv", ".tsv.gz")):
        raise InputFormatError(
            "the name's ending says no format of counts",
            path=path,
            expected=".parquet, .tsv or .tsv.gz",
        )


def _describe(matrix: CountMatrix) -> dict[str, Any]:
    factors = matrix.size_factors
    return {
        "quantity": matrix.quantity,
        "samples": list(matrix.samples),
        "library_sizes": [float(x) for x in matrix.library_sizes],
        "size_factors": None if factors is None else [float(x) for x in factors],
        "metadata": dict(matrix.metadata),
    }


def read_counts(
    path: str | Path, *, sheet: SampleSheet | None = None, quantity: str | None = None
) -> CountMatrix:
    """Read a matrix that `write_counts` wrote, or any TSV `chrom start end sample …`.

    Parameters
    ----------
    sheet
        For a foreign TSV: its rows name the sample columns, and its `LibrarySize`, where given,
        wins over column sums. Further columns are ignored, and the log lists them.
    quantity
        For a foreign TSV: what the values are. A TSV of whole numbers is `reads`.

    Raises
    ------
    InputFormatError
        If it is no such table.
    QuantityError
        If the values are not whole numbers and no quantity is given.
    """
    path = Path(path)
    if read_bytes(path)[:4] == _PARQUET_MAGIC:
        matrix = _read_parquet(path)
        if quantity not in (None, matrix.quantity):
            raise QuantityError(f"{path} holds {matrix.quantity}, not {quantity}")
        return matrix
    table = read_table(path)
    described = table.attrs["header"].get("counts")
    # Another program's remark of that name is none of ours.
    if isinstance(described, dict) or str(described).startswith("{"):
        return _rebuild(table, _described(described, path), path)
    return _read_foreign(path, _with_places(table, path), sheet, quantity)


def _read_parquet(path: Path) -> CountMatrix:
    with CountsFile(path) as file:
        described = _described(file.described, path)
        plain = file.plain_values(described["samples"])
        if plain is None:
            return _rebuild(file.table(), described, path)
        with in_file(path):
            regions = _checked_regions(file.table(without=described["samples"]))
        return _of_checked(regions, plain, described, path)


def open_counts(
    path: str | Path, *, least: int
) -> tuple[CountsFile, pd.DataFrame, dict[str, Any]] | None:
    """A Parquet file of float32 counts, to be read a few rows at a time, and what it says of them.

    Its regions, checked, and `quantity samples library_sizes size_factors metadata`. None where it
    is no such file, or its values have fewer bytes.

    Parameters
    ----------
    least
        Bytes.

    Raises
    ------
    InputFormatError
        As `read_counts`.
    """
    path = Path(path)
    with open(path, "rb") as stream:
        if stream.read(4) != _PARQUET_MAGIC:
            return None
    file = CountsFile(path)
    try:
        described = _described(file.described, path)
        if file.is_large(described["samples"], least):
            file.check()
            with in_file(path):
                regions = _checked_regions(file.table(without=described["samples"]))
            return file, regions, described
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def _described(found: Any, path: Path) -> dict[str, Any]:
    """What the file says of its matrix, each value of its kind."""
    try:
        described = dict(found)
        n = len(described["samples"])
        fits = (
            isinstance(described["quantity"], str)
            and isinstance(described["metadata"], dict)
            and all(isinstance(s, str) for s in described["samples"])
        )
        for name in ("library_sizes", "size_factors"):
            given = described[name]
            if given is not None or name == "library_sizes":
                described[name] = np.array(given, dtype=np.float64)
                fits &= described[name].shape == (n,)
    except (ValueError, TypeError, KeyError, OverflowError):
        fits = False
    if not fits:
        raise InputFormatError(
            "what the file says of its counts is damaged",
            path=path,
            expected="quantity, samples, library_sizes, size_factors and metadata",
            remedy="count again",
        )
    return described


def _rebuild(frame: pd.DataFrame, described: Mapping[str, Any], path: Path) -> CountMatrix:
    samples = list(described["samples"])
    missing = [s for s in samples if s not in frame]
    if missing:
        raise InputFormatError(f"no column for sample {', '.join(missing)}", path=path)
    with in_file(path):
        regions = _checked_regions(frame.drop(columns=samples))
        values = _numbers(path, frame, samples, gaps=True)
    return _of_checked(regions, values, described, path)


def _of_checked(
    regions: pd.DataFrame, values: AnyFloat, described: Mapping[str, Any], path: Path
) -> CountMatrix:
    """A matrix of what a file says of its regions, its values and itself."""
    with in_file(path):
        return CountMatrix(
            values=cast("FloatArray", values),
            regions=regions,
            samples=tuple(described["samples"]),
            quantity=described["quantity"],
            library_sizes=described["library_sizes"],
            size_factors=described["size_factors"],
            metadata=described["metadata"],
        )


def _checked_regions(regions: pd.DataFrame) -> pd.DataFrame:
    """Checked as regions are, but in the order of the file; windows have places alone."""
    if set(names(REGIONS)) <= set(regions):
        checked = check_regions(regions.assign(row=np.arange(len(regions))))
        regions = checked.sort_values("row").drop(columns="row")
    elif not _are_places(regions):
        make_regions(regions[[c for c in ("chrom", "start", "end") if c in regions]], kind="bins")
    return regions.reset_index(drop=True)


def _are_places(table: pd.DataFrame) -> bool:
    """Whether `chrom start end` are places for certain; of millions no names are made to see it."""
    if not {"chrom", "start", "end"} <= set(table):
        return False
    chrom, start, end = (table[c] for c in ("chrom", "start", "end"))
    if not isinstance(chrom.dtype, pd.CategoricalDtype) or {start.dtype, end.dtype} != {
        np.dtype(np.int64)
    }:
        return False
    named = all(isinstance(c, str) and c for c in chrom.cat.categories) and chrom.notna().all()
    return bool(named and (start >= 0).all() and (start < end).all())


def _with_places(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A table of any program with its places called `chrom start end`, and no quotes in names."""
    plain = [str(c).strip("\"' ") for c in table.columns]
    known = [None if place_column(c) in plain else place_column(c) for c in plain]
    attrs = table.attrs
    table = table.set_axis([k or p for k, p in zip(known, plain, strict=True)], axis=1)
    table.attrs = attrs
    missing = [c for c in ("chrom", "start", "end") if c not in table]
    if missing:
        raise InputFormatError(
            f"no column {', '.join(missing)}",
            path=path,
            line=attrs["first_row"] - 1,
            expected="columns chrom start end and one a sample",
            found=" ".join(plain),
            remedy=did_you_mean(missing, plain),
        )
    return typed(table, path, everywhere=("start", "end"))


def _read_foreign(
    path: Path, table: pd.DataFrame, sheet: SampleSheet | None, quantity: str | None
) -> CountMatrix:
    if sheet is None:
        raise InputFormatError(
            "a table of counts needs its sample sheet", path=path, remedy="give it with --samples"
        )
    samples = [s for s in sheet.samples if s in table]
    missing = [s for s in sheet.samples if s not in table]
    if missing:
        raise InputFormatError(
            f"no column for sample {', '.join(missing)}, which the sheet has",
            path=path,
            found=" ".join(map(str, table.columns)),
            remedy=did_you_mean(missing, table.columns)
            or "name the columns exactly as their SampleID",
        )
    values = _numbers(path, table, samples)
    if quantity is None:
        if not (np.floor(values) == values).all():
            raise QuantityError(
                f"{path}: the values are not whole numbers, so they are not reads; say what they"
                " are with --quantity (mean_signal, coverage_sum or recovered_reads)"
            )
        quantity = "reads"
    known = {"chrom", "start", "end", *_OPTIONAL, *samples}
    ignored = [c for c in table.columns if c not in known]
    if ignored:
        logger.info("%s: columns not in the sheet are ignored: %s", path, ", ".join(ignored))
    if quantity == "reads" and not (np.floor(values) == values).all():
        raise QuantityError(f"{path}: the values are not whole numbers, so they are not reads")
    regions = _foreign_regions(path, table)
    order = regions.pop("row").to_numpy(np.int64)
    sizes = values.sum(axis=0)
    source = ["column_sum"] * len(samples)
    given = sheet.for_samples(samples).numbers("LibrarySize")
    if given is not None:
        source = ["column_sum" if np.isnan(g) else "sheet" for g in given]
        sizes = np.where(np.isnan(given), sizes, given)
    with in_file(path):
        return CountMatrix(
            values=values[order],
            regions=regions,
            samples=tuple(samples),
            quantity=quantity,
            library_sizes=sizes,
            metadata={"library_size_from": source},
        )


def _numbers(
    path: Path, table: pd.DataFrame, samples: Sequence[str], *, gaps: bool = False
) -> FloatArray:
    """(n_regions, n_samples) values; each must be a number, but for rows without any (`gaps`)."""
    values = np.empty((len(table), len(samples)))
    first = table.attrs.get("first_row")
    empty = np.zeros(len(table), dtype=bool)
    if gaps and len(samples):
        rows = np.arange(len(table))
        for name in samples:
            rows = rows[table[name].iloc[rows].isin([*NOTHING, np.nan]).to_numpy(bool)]
        empty[rows] = True
    for i, name in enumerate(samples):
        column = table[name]
        if column.dtype == object and not all(isinstance(v, (str, float, int)) for v in column):
            raise InputFormatError(f"column {name} holds no numbers", path=path)
        if column.dtype.kind not in "iuf":
            text = column.astype(object).where(column.notna(), "").astype(str)
            column = pd.to_numeric(text, errors="coerce")
        values[:, i] = column.to_numpy(np.float64, na_value=np.nan)
        bad = np.flatnonzero(~np.isfinite(values[:, i]) & ~empty)
        if bad.size:
            row = int(bad[0])
            nothing = pd.isna(table[name].iloc[row]) or table[name].iloc[row] in NOTHING
            raise InputFormatError(
                f"column {name}",
                path=path,
                line=None if first is None else first + row,
                expected="a number in every row",
                found="a missing value (NA)" if nothing else repr(str(table[name].iloc[row])),
                remedy="leave the region out, or give 0 where nothing was counted"
                if nothing
                else None,
            )
    return values


def _foreign_regions(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Checked regions in genome order, with the row of the table that each comes from.

    A column of lengths, as featureCounts and R write it, tells starts that count from 1.
    """
    lengths = length_column(list(table.columns))
    if lengths is not None:
        found = pd.to_numeric(table[lengths], errors="coerce")
        if len(table) and (found == table["end"] - table["start"] + 1).all():
            logger.info("%s: starts count from 1, as the column %s says", path, lengths)
            table = table.assign(start=table["start"] - 1)
    own = [c for c in ("chrom", "start", "end", *_OPTIONAL) if c in table]
    with in_file(path):
        return make_regions(table[own].assign(row=np.arange(len(table))), kind="peaks")
