"""From regions to genes: promoters and bodies that they overlap, and the nearest start.

One rule names a region's gene, and it follows the mark: a mark of gene bodies is given to the gene
whose body it covers (`NAMED_BY`). Peaks, domains, reports and scripts all ask here.
"""

from __future__ import annotations

import logging
from collections.abc import Set
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.intervals import nearest, overlap_bases, overlap_pairs
from resist_epi.genome.reconcile import describe_mismatch
from resist_epi.genome.regions import as_intervals, own_tss
from resist_epi.schema import Kind

logger = logging.getLogger(__name__)

CLASSES = ("promoter", "gene_body", "distal", "intergenic")

# A region in no promoter or gene is linked to the gene of the nearest start up to here, bp.
DISTAL = 50_000

_REMEMBERED = 2  # tables of regions, of each way to ask: the peaks and the domains of a mark

# Main region of a mark -> what makes a region a gene's own, the best reason first. Elsewhere the
# nearest gene and its distance stand beside, and no more is claimed.
NAMED_BY: dict[Kind, tuple[str, ...]] = {
    "promoters": ("promoter",),
    "genes": ("gene_body", "promoter", "distal"),
    "peaks": ("promoter", "distal", "gene_body"),
}

LINK_COLUMNS = (
    "region_id",
    "gene_id",
    "symbol",
    "reason",
    "overlap_bp",
    "fraction",
    "distance",
)


@dataclass(frozen=True)
class RegionAnnotation:
    """Where regions lie with respect to genes.

    Attributes
    ----------
    classes
        The n regions with `class` (the first of `CLASSES` that fits), `n_genes` (int64 genes
        linked), `nearest_gene_id` and `nearest_symbol` (the gene of the nearest TSS on the
        chromosome, empty where there is none) and `distance` (float64 bp from that TSS to the
        region: 0 on it, negative upstream, positive downstream in the direction of the gene).
    links
        One row per region, gene and reason: `region_id gene_id symbol`, `reason` (`promoter`,
        `gene_body` or `distal`), `overlap_bp` (int64), `fraction` (float64, of the region's
        bases), `distance` (float64 bp, signed as above: from the promoter's TSS, for a gene body
        from the gene's own, for a distal link from the nearest).
    """

    classes: pd.DataFrame
    links: pd.DataFrame


def annotate_regions(
    regions: pd.DataFrame,
    annotation: Annotation,
    *,
    promoter: tuple[int, int] = (2500, 2500),
    distal: int | None = None,
    main: Kind = "promoters",
) -> RegionAnnotation:
    """Say for each region in which promoters and genes it lies, and which TSS is nearest.

    A region is linked to every gene whose promoter window (around any TSS) or body (from the
    gene's start to its end) shares a base with it, so links are many to many. Its class is the
    first that fits: promoter, gene body, distal, intergenic; of a mark of gene bodies gene body,
    promoter, distal, intergenic. Both are in the order of the regions.

    Parameters
    ----------
    annotation
        Genes of the same assembly.
    promoter
        bp upstream and downstream of a TSS.
    distal
        Regions in no promoter or gene, whose nearest TSS lies at most this many bp away, are
        linked to its gene and called distal. None links nothing by distance for a mark of
        promoters, and up to `DISTAL` for others; the nearest gene and its distance stand in
        `classes` all the same.
    main
        The mark's main region (`MarkPreset.main_kind`).

    Raises
    ------
    InputFormatError
        If a size is negative.
    GenomeMismatchError
        If regions and genes share no chromosome name.
    """
    upstream, downstream = promoter
    if min(upstream, downstream) < 0 or upstream + downstream < 1 or (distal or 0) < 0:
        raise InputFormatError(
            f"a promoter of {upstream} and {downstream} bp, distal {distal}",
            expected="no negative sizes, and a promoter of one base at least",
        )
    distal = own_distance(main) if distal is None else distal
    _check_chromosomes(regions, annotation)
    places = regions[["chrom", "start", "end", "region_id"]].reset_index(drop=True)
    asked = ("annotate_regions", promoter, distal, main)
    known: list[tuple[pd.DataFrame, RegionAnnotation]] = annotation.memory.setdefault(asked, [])
    # Peaks and domains are named when they are counted, and linked when they are tested.
    found = next((own for before, own in known if before.equals(places)), None)
    if found is None:
        found = _annotated(places, annotation, promoter, distal, main)
        annotation.memory[asked] = [(places, found), *known][:_REMEMBERED]
    classes = regions.reset_index(drop=True).copy()
    for name in found.classes.columns.difference(places.columns, sort=False):
        classes[name] = found.classes[name]
    return RegionAnnotation(classes, found.links.copy())


def _annotated(
    regions: pd.DataFrame,
    annotation: Annotation,
    promoter: tuple[int, int],
    distal: int | None,
    main: Kind,
) -> RegionAnnotation:
    upstream, downstream = promoter
    windows = own_tss(annotation, upstream=upstream, downstream=downstream)
    windows["start"] = windows["start"].clip(lower=0)
    bodies = _with_own_tss(annotation, windows)
    near = _nearest_tss(regions, annotation)
    order = class_order(main)
    found = [
        _overlap_links(regions, windows, "promoter"),
        _overlap_links(regions, bodies, "gene_body"),
    ]
    in_gene = np.zeros(len(regions), dtype=bool)
    # An enhancer within a gene may be another's: of sites a body alone says little.
    for links in found[: 1 if main == "peaks" else 2]:
        in_gene[links["region"]] = True
    if distal is not None:
        found += _distal_links(regions, annotation, near, ~in_gene, distal)
    links = pd.concat(found, ignore_index=True)
    links["rank"] = links["reason"].map({name: i for i, name in enumerate(order)}).astype(np.int64)
    classes = regions.reset_index(drop=True).copy()
    classes["class"] = _first_class(len(regions), links, order)
    pairs = links[["region", "gene_id"]].drop_duplicates()
    classes["n_genes"] = np.bincount(pairs["region"], minlength=len(regions)).astype(np.int64)
    classes["nearest_gene_id"], classes["nearest_symbol"] = near["gene_id"], near["symbol"]
    classes["distance"] = near["distance"]
    # The order of reasons is that of the classes; within one the nearer gene stands first.
    rows = np.lexsort((links["gene_id"], links["distance"].abs(), links["rank"], links["region"]))
    links = links.iloc[rows].reset_index(drop=True)
    links["region_id"] = classes["region_id"].to_numpy()[links["region"].to_numpy()]
    return RegionAnnotation(classes, links[list(LINK_COLUMNS)])


def class_order(main: Kind) -> tuple[str, ...]:
    """`CLASSES` in the order in which they are tried for a mark of this main region.

    Examples
    --------
    >>> class_order("genes")
    ('gene_body', 'promoter', 'distal', 'intergenic')
    """
    first = NAMED_BY.get(main, NAMED_BY["promoters"])[0]
    return (first, *(name for name in CLASSES if name != first))


def own_distance(main: Kind) -> int | None:
    """How far from a start, bp, a region is still a gene's; None where distance makes none."""
    return DISTAL if "distal" in NAMED_BY.get(main, ()) else None


def _check_chromosomes(regions: pd.DataFrame, annotation: Annotation) -> None:
    ours, theirs = list(regions["chrom"].unique()), list(annotation.genes["chrom"].unique())
    if not ours or not theirs:
        return
    if not set(ours) & set(theirs):
        raise GenomeMismatchError(
            describe_mismatch(
                "the regions", ours, annotation.source, theirs, second_assembly=annotation.assembly
            )
        )
    if strangers := sorted(set(ours) - set(theirs)):
        logger.info(
            "%d regions lie on %d chromosomes without genes in %s (%s%s)",
            int(regions["chrom"].isin(strangers).sum()),
            len(strangers),
            annotation.source,
            ", ".join(strangers[:5]),
            ", ..." if len(strangers) > 5 else "",
        )


def _with_own_tss(annotation: Annotation, windows: pd.DataFrame) -> pd.DataFrame:
    genes = annotation.genes[["chrom", "start", "end", "strand", "gene_id", "symbol"]].copy()
    own = windows.loc[windows["primary"]].set_index("gene_id")["tss"]
    return genes.assign(tss=own.reindex(genes["gene_id"]).to_numpy())


def _signed_distance(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    tss: NDArray[np.int64],
    plus: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """From a TSS to the nearest base of a region, along the gene; 0 where the TSS lies in it."""
    right = np.where(start > tss, start - tss, np.where(end - 1 < tss, end - 1 - tss, 0))
    return np.where(plus, right, -right).astype(np.float64)


def _overlap_links(regions: pd.DataFrame, parts: pd.DataFrame, reason: str) -> pd.DataFrame:
    """One row per region and gene; several promoters of a gene add up, the nearest TSS counts."""
    left, right = as_intervals(regions, parts)
    i, j = overlap_pairs(left, right)
    hits = parts.iloc[j]
    taken = left.take(i)
    links = pd.DataFrame(
        {
            "region": i,
            "gene_id": hits["gene_id"].to_numpy(),
            "symbol": hits["symbol"].to_numpy(),
            "reason": reason,
            "overlap_bp": overlap_bases(taken, right.take(j)),
            "distance": _signed_distance(
                taken.start, taken.end, hits["tss"].to_numpy(), (hits["strand"] == "+").to_numpy()
            ),
        }
    )
    links["overlap_bp"] = links.groupby(["region", "gene_id"], sort=False)["overlap_bp"].transform(
        "sum"
    )
    links["fraction"] = links["overlap_bp"] / left.length[links["region"].to_numpy()]
    nearer = np.argsort(links["distance"].abs().to_numpy(), kind="stable")
    return links.iloc[nearer].drop_duplicates(["region", "gene_id"])


def _nearest_tss(
    regions: pd.DataFrame, annotation: Annotation, *, without: Set[str] = frozenset()
) -> pd.DataFrame:
    """Nearest of the TSS, but of some genes', for each region: `gene_id symbol distance`."""
    sites = annotation.promoters()
    if without:
        sites = sites[~_among(sites["gene_id"], without)]
    tss = sites["tss"].to_numpy(dtype=np.int64)
    points = pd.DataFrame({"chrom": sites["chrom"], "start": tss, "end": tss + 1})
    left, right = as_intervals(regions, points)
    index, distance = nearest(left, right)
    symbols = annotation.genes.set_index("gene_id")["symbol"].reindex(sites["gene_id"]).to_numpy()
    none = index < 0
    if none.all():
        gene_id = symbol = np.full(len(index), "", dtype=object)
        return pd.DataFrame({"gene_id": gene_id, "symbol": symbol, "distance": distance})
    plus = (sites["strand"] == "+").to_numpy()[index]
    return pd.DataFrame(
        {
            "gene_id": np.where(none, "", sites["gene_id"].to_numpy(dtype=object)[index]),
            "symbol": np.where(none, "", symbols.astype(object)[index]),
            # `nearest` says where the TSS lies, seen from the region; we look from the TSS.
            "distance": np.where(plus, -distance, distance) + 0.0,
        }
    )


def _distal_links(
    regions: pd.DataFrame,
    annotation: Annotation,
    near: pd.DataFrame,
    wanted: NDArray[np.bool_],
    distal: int,
) -> list[pd.DataFrame]:
    """Links to the nearest TSS; where that is of no coding gene, to the nearest of those too."""
    found = [near.assign(region=np.arange(len(regions)))[wanted]]
    genes = annotation.genes
    other = set(genes["gene_id"].to_numpy(dtype=object)[is_non_coding(genes)])
    again = wanted & _among(near["gene_id"], other)
    if again.any():
        rows = np.flatnonzero(again)
        coding = _nearest_tss(regions.iloc[rows], annotation, without=other)
        found.append(coding.assign(region=rows))
    return [
        links[(links["distance"].abs() <= distal).to_numpy()].assign(
            reason="distal", overlap_bp=np.int64(0), fraction=0.0
        )
        for links in found
    ]


def _among(gene_ids: pd.Series, wanted: Set[str]) -> NDArray[np.bool_]:
    """As `isin`, which turns tens of thousands of names into an array at every call."""
    names = gene_ids.to_numpy(dtype=object)
    return np.fromiter((name in wanted for name in names), dtype=bool, count=len(names))


def is_non_coding(genes: pd.DataFrame) -> NDArray[np.bool_]:
    """(n,) whether a gene is known not to be protein-coding."""
    biotype = genes["biotype"].to_numpy(dtype=object)
    return np.asarray((biotype != "protein_coding") & (biotype != "") & (biotype != "unknown"))


def _first_class(n: int, links: pd.DataFrame, order: tuple[str, ...]) -> NDArray[np.object_]:
    rank = np.full(n, order.index("intergenic"), dtype=np.int64)
    np.minimum.at(rank, links["region"].to_numpy(np.int64), links["rank"].to_numpy(np.int64))
    return np.array(order, dtype=object)[rank]


def annotation_classes(annotated: RegionAnnotation) -> pd.DataFrame:
    """How many regions, and how many of their bases, are of each class.

    Returns
    -------
    One row for each of `CLASSES`: `class`, `n_regions` (int64), `fraction_regions` (float64),
    `bases` (int64, bp; overlapping regions count twice), `fraction_bases` (float64), `n_genes`
    (int64, distinct genes linked to regions of the class). Fractions of nothing are NaN.
    """
    classes, links = annotated.classes, annotated.links
    length = (classes["end"] - classes["start"]).to_numpy(dtype=np.int64)
    class_of = classes.set_index("region_id")["class"]
    link_class = links["region_id"].map(class_of)
    rows = []
    for name in CLASSES:
        mine = (classes["class"] == name).to_numpy()
        genes = links.loc[(link_class == name).to_numpy(), "gene_id"].nunique()
        rows.append((name, int(mine.sum()), int(length[mine].sum()), int(genes)))
    table = pd.DataFrame(rows, columns=["class", "n_regions", "bases", "n_genes"])
    table["fraction_regions"] = table["n_regions"] / (len(classes) or np.nan)
    table["fraction_bases"] = table["bases"] / (int(length.sum()) or np.nan)
    columns = ["class", "n_regions", "fraction_regions", "bases", "fraction_bases", "n_genes"]
    return table[columns]
