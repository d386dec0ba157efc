"""Region tables: promoters, gene bodies, bins, and whatever a BED file holds.

A region table is a DataFrame `chrom start end strand region_id gene_id symbol kind` (0-based,
half-open; see `schema.REGIONS`), ids unique, in genome order. Further columns follow and are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.chromosomes import chrom_rank
from resist_epi.genome.intervals import Intervals, count_overlaps, merge
from resist_epi.schema import KINDS, REGIONS, names

logger = logging.getLogger(__name__)

COLUMNS = names(REGIONS)

_SINGULAR = {
    "promoters": "promoter",
    "genes": "body",
    "peaks": "peak",
    "bins": "bin",
    "domains": "domain",
}


def make_regions(frame: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    """Complete a table with coordinates to a checked region table.

    Parameters
    ----------
    frame
        n rows with at least `chrom start end`, bp, 0-based half-open, in any order. Without a
        `strand` it is `.`; without a `region_id` it is made of kind and place
        (`peak:chr1:100-200`, the second of equal ones `peak:chr1:100-200:2`); without `gene_id`
        and `symbol` they are empty. Further columns are kept.
    kind
        One of `promoters genes peaks bins domains`; where the frame has a column of that name, it
        is replaced.
    """
    _require(frame, ["chrom", "start", "end"])
    table = frame.copy()
    if "region_id" not in table:
        table["region_id"] = ids_of_places(table, kind)
        again = table.groupby("region_id", sort=False).cumcount() + 1
        table["region_id"] += (":" + again.astype(str)).where(again > 1, "")
    for name, default in (("strand", "."), ("gene_id", ""), ("symbol", "")):
        if name not in table:
            table[name] = default
    return check_regions(table.assign(kind=kind))


def ids_of_places(table: pd.DataFrame, kind: str) -> pd.Series:
    """`peak:chr1:100-200` of each row: kind and place."""
    place = table["chrom"].astype(str) + ":" + table["start"].astype(str)
    ids: pd.Series = f"{_SINGULAR.get(kind, kind)}:" + place + "-" + table["end"].astype(str)
    return ids


def check_regions(frame: pd.DataFrame) -> pd.DataFrame:
    """Check a region table and put it in genome order.

    Returns
    -------
    A new table: `schema.REGIONS` in front in their order and dtypes, further columns behind,
    sorted by chromosome (chr2 before chr10), start and end, index 0 to n - 1.

    Raises
    ------
    InputFormatError
        If a column is missing, a coordinate is no whole number or negative, start is not below
        end, a strand or kind is unknown, or an id is not unique; the message names the region.
    """
    _require(frame, COLUMNS)
    table = frame[[*COLUMNS, *(c for c in frame.columns if c not in COLUMNS)]].reset_index(
        drop=True
    )
    for name in ("start", "end"):
        table[name] = _whole(table, name)
    for name in ("chrom", "strand", "region_id", "gene_id", "symbol", "kind"):
        table[name] = table[name].fillna("").astype(str)
    problems = {
        "it has no chromosome": table["chrom"] == "",
        "its start is negative": table["start"] < 0,
        "its start is not below its end": table["start"] >= table["end"],
        "its strand is none of + - .": ~table["strand"].isin(["+", "-", "."]),
        f"its kind is none of {' '.join(KINDS)}": ~table["kind"].isin(KINDS),
        "it has no region_id": table["region_id"] == "",
        "its region_id is not unique": table["region_id"].duplicated(),
    }
    for problem, bad in problems.items():
        if bad.any():
            raise InputFormatError(f"{_named(table, int(np.argmax(bad)))}: {problem}")
    order = np.lexsort((table["end"], table["start"], chrom_rank(table["chrom"])))
    return table.iloc[order].reset_index(drop=True)


def bed_regions(rows: Iterable[tuple[str, int, int]], *, kind: str = "peaks") -> pd.DataFrame:
    """Regions from triples of chromosome, start and end, bp, 0-based half-open.

    Examples
    --------
    >>> bed_regions([("chr10", 5, 9), ("chr2", 5, 9)])["region_id"].tolist()
    ['peak:chr2:5-9', 'peak:chr10:5-9']
    """
    return make_regions(pd.DataFrame(list(rows), columns=["chrom", "start", "end"]), kind=kind)


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    if missing := [c for c in columns if c not in frame.columns]:
        raise InputFormatError(
            f"a region table lacks the columns {', '.join(missing)}",
            found=", ".join(map(str, frame.columns)),
        )


def _named(table: pd.DataFrame, row: int) -> str:
    one = table.iloc[row]
    return (
        f"region {one['region_id']!r} ({one['chrom']}:{one['start']}-{one['end']}"
        f" {one['strand']}, kind {one['kind']!r})"
    )


def _whole(table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    bad = ~np.isfinite(numbers) | (numbers != np.floor(numbers))
    if bad.any():
        raise InputFormatError(
            f"{_named(table, int(np.argmax(bad)))}: its {name} is no whole number"
        )
    return numbers.astype(np.int64)


def as_intervals(*tables: pd.DataFrame) -> tuple[Intervals, ...]:
    """The intervals of tables with `chrom start end`, with chromosome codes common to all.

    Returns
    -------
    One `Intervals` a table, in its row order.
    """
    chroms = [t["chrom"].to_numpy(dtype=object) for t in tables]
    codes, _ = pd.factorize(np.concatenate([*chroms, np.zeros(0, dtype=object)]))
    ends = np.cumsum([len(c) for c in chroms])
    return tuple(
        Intervals(codes[end - len(t) : end], t["start"].to_numpy(), t["end"].to_numpy())
        for t, end in zip(tables, ends, strict=True)
    )


def overlapping(regions: pd.DataFrame, others: pd.DataFrame) -> NDArray[np.bool_]:
    """(n,) mask of the regions that share at least one base with any of `others` (a blacklist)."""
    left, right = as_intervals(regions, others)
    return count_overlaps(left, right) > 0


def disjoint_by_chrom(
    regions: pd.DataFrame,
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Merge overlapping and adjacent regions: chromosome -> sorted starts and ends, bp."""
    (given,) = as_intervals(regions)
    union, member = merge(given)
    chrom = np.empty(len(union), dtype=object)
    chrom[member] = regions["chrom"].to_numpy(dtype=object)
    return {
        str(name): (union.start[rows], union.end[rows])
        for name, rows in pd.Series(chrom).groupby(chrom, sort=False).indices.items()
    }


def own_tss(
    annotation: Annotation, *, upstream: int = 2500, downstream: int = 2500
) -> pd.DataFrame:
    """Every promoter of every gene, and which one is the gene's own.

    Around every TSS lies a window, in the direction of the gene: `upstream` bases before the TSS
    and `downstream` from it on (a TSS counts as the first base downstream). Windows of one gene
    that overlap or touch are one promoter. The gene's own promoter is that of MANE Select where
    the annotation has its TSS, otherwise the one of most transcripts, the 5'-most on ties; a
    promoter's `tss` is chosen by the same rules among its own.

    Returns
    -------
    One row a promoter, genes in the order of `annotation.genes`, each from 5' to 3':
    `gene_id symbol chrom strand`, `start end tss` (int64, bp, not clipped), `number` (1, 2, ...
    from 5' to 3'), `n_transcripts` (int64), `primary` (bool, one a gene), `mane` and
    `most_transcripts` (bool: which rule it is by; the second has one a gene in any case).
    """
    asked = ("own_tss", upstream, downstream)
    if asked not in annotation.memory:  # every kind of regions of every mark asks for the same
        annotation.memory[asked] = _own_tss(annotation, upstream, downstream)
    table: pd.DataFrame = annotation.memory[asked]
    return table.copy()


def _own_tss(annotation: Annotation, upstream: int, downstream: int) -> pd.DataFrame:
    sites = annotation.transcripts.groupby(["gene_id", "tss"], sort=False, as_index=False)[
        "n"
    ].sum()
    genes = annotation.genes
    gene = pd.Index(genes["gene_id"]).get_indexer(sites["gene_id"])
    plus = (genes["strand"] == "+").to_numpy()[gene]
    tss, n = sites["tss"].to_numpy(dtype=np.int64), sites["n"].to_numpy(dtype=np.int64)
    start = np.where(plus, tss - upstream, tss - downstream + 1)
    # Each gene is laid on a line of its own, so that only windows of one gene merge.
    shift = max(0, -int(start.min(initial=0)))
    merged, member = merge(Intervals(gene, start + shift, start + shift + upstream + downstream))
    sign = np.where(plus, 1, -1)
    of_mane = annotation.mane_of(sites["gene_id"]) == tss
    best_site = _first_per_group(member, ~of_mane, -n, sign * tss)
    table = pd.DataFrame({"gene": merged.chrom})
    for name in ("gene_id", "symbol", "chrom", "strand"):
        table[name] = genes[name].to_numpy()[merged.chrom]
    table["start"], table["end"] = merged.start - shift, merged.end - shift
    table["tss"] = tss[best_site]
    table["n_transcripts"] = np.bincount(member, weights=n, minlength=len(merged)).astype(np.int64)
    table["mane"] = of_mane[best_site]
    five_to_three = np.lexsort((sign[best_site] * table["tss"], table["gene"]))
    table = table.iloc[five_to_three].reset_index(drop=True)
    table["number"] = table.groupby("gene", sort=False).cumcount() + 1
    keys = -table["n_transcripts"], table["number"]
    for name, rule in (("most_transcripts", keys), ("primary", (~table["mane"], *keys))):
        own = _first_per_group(table["gene"].to_numpy(), *rule)
        table[name] = np.isin(np.arange(len(table)), own)
    return table.drop(columns="gene")


def _first_per_group(group: NDArray[np.int64], *keys: object) -> NDArray[np.intp]:
    """Position of the row that comes first by `keys` in each group, groups in ascending order."""
    order = np.lexsort((*reversed(keys), group))  # type: ignore[arg-type]
    _, first = np.unique(group[order], return_index=True)
    return order[first]


def promoters(
    annotation: Annotation,
    *,
    upstream: int = 2500,
    downstream: int = 2500,
    lengths: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The promoter windows of every gene, by the rule of `own_tss`.

    Parameters
    ----------
    upstream, downstream
        bp before the TSS, and from it on, in the direction of the gene.
    lengths
        bp of each chromosome, to clip at its end; a chromosome not named there is clipped at its
        start only, and None clips none at the end.

    Returns
    -------
    Regions of the kind `promoters` (ids such as `NSD2:7468:promoter:1`, numbered from 5' to 3'),
    with `tss` (int64), `n_transcripts` (int64), `primary` (bool: the gene's own, one a gene),
    `mane` and `most_transcripts` (bool: whether it holds MANE Select's TSS, and whether it is the
    gene's by the number of transcripts).

    Raises
    ------
    GenomeMismatchError
        If a gene lies beyond the end of its chromosome.

    Examples
    --------
    >>> genes = pd.DataFrame(
    ...     [("chr1", 1000, 9000, "+", "g1", "GENE", "", "")],
    ...     columns="chrom start end strand gene_id symbol entrez_id biotype".split(),
    ... )
    >>> ends = pd.DataFrame([("g1", 1000, 8999, 1)], columns=["gene_id", "tss", "tes", "n"])
    >>> table = promoters(Annotation(genes, ends, None, "made here"), upstream=2500, downstream=500)
    >>> table[["start", "end", "symbol", "primary"]].values.tolist()
    [[0, 1500, 'GENE', True]]
    """
    if upstream < 0 or downstream < 0 or upstream + downstream < 1:
        raise InputFormatError(
            f"a promoter window of {upstream} bp upstream and {downstream} bp downstream",
            expected="no negative sizes, and one base at least",
        )
    table = own_tss(annotation, upstream=upstream, downstream=downstream)
    table["region_id"] = _gene_label(table) + ":promoter:" + table["number"].astype(str)
    columns = ["chrom", "start", "end", "strand", "region_id", "gene_id", "symbol"]
    table = table[[*columns, "tss", "n_transcripts", "primary", "mane", "most_transcripts"]]
    return make_regions(_clip(table, lengths, annotation.source), kind="promoters")


def gene_bodies(
    annotation: Annotation,
    *,
    offset: int = 500,
    min_length: int = 1000,
    upstream: int = 2500,
    downstream: int = 2500,
    lengths: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The body of every gene: from `offset` bp after its own TSS to its end (TES).

    Parameters
    ----------
    offset
        bp left out after the TSS, where the promoter's own signal lies.
    min_length
        Genes shorter than this, bp from the TSS to the TES, have no body; their number is logged.
    upstream, downstream
        The promoter window by which the gene's own TSS is chosen, as in `promoters`.
    lengths
        As in `promoters`.

    Returns
    -------
    Regions of the kind `genes` (ids such as `NSD2:7468:body`), at most one a gene, with `tss`.

    Raises
    ------
    GenomeMismatchError
        If a gene lies beyond the end of its chromosome.
    """
    sites = own_tss(annotation, upstream=upstream, downstream=downstream)
    own = sites.loc[sites["primary"]].set_index("gene_id")["tss"]
    table = annotation.genes[["chrom", "start", "end", "strand", "gene_id", "symbol"]].copy()
    table["tss"] = own.reindex(table["gene_id"]).to_numpy()
    plus = table["strand"] == "+"
    length = np.where(plus, table["end"] - table["tss"], table["tss"] + 1 - table["start"])
    kept = (length >= min_length) & (length > offset)
    if not kept.all():
        logger.info(
            "%d of %d genes are shorter than %d bp and have no body region",
            int((~kept).sum()),
            len(table),
            max(min_length, offset + 1),
        )
    table["start"] = table["start"].where(~plus, table["tss"] + offset)
    table["end"] = table["end"].where(plus, table["tss"] + 1 - offset)
    table["region_id"] = _gene_label(table) + ":body"
    return make_regions(_clip(table[kept], lengths, annotation.source), kind="genes")


def _gene_label(table: pd.DataFrame) -> pd.Series:
    """`SYMBOL:GENE_ID`, readable and unique; the one of them where they agree or one is missing."""
    symbol, gene_id = table["symbol"].astype(str), table["gene_id"].astype(str)
    both = (symbol != "") & (symbol != gene_id)
    return (symbol + ":" + gene_id).where(both, gene_id)


def _clip(table: pd.DataFrame, lengths: Mapping[str, int] | None, source: str) -> pd.DataFrame:
    table = table.copy()
    table["start"] = table["start"].clip(lower=0)
    if lengths is None:
        return table
    limit = table["chrom"].map(dict(lengths)).to_numpy(dtype=np.float64)
    beyond = table["tss"].to_numpy() >= limit
    if beyond.any():
        one = table.iloc[int(np.argmax(beyond))]
        raise GenomeMismatchError(
            f"{source}: gene {one['gene_id']} starts at {one['chrom']}:{one['tss']}, beyond the end"
            f" of the chromosome at {lengths[one['chrom']]}; give genes of the tracks' own assembly"
        )
    table["end"] = np.fmin(table["end"], limit).astype(np.int64)
    inside = (table["start"] < table["end"]).to_numpy()
    if not inside.all():
        logger.info("%d regions lie beyond the ends of their chromosomes", int((~inside).sum()))
    return table[inside]
