"""Where sites lie: distance to a start, peak sets that the user names, genes that they touch.

Sites gained and lost are held against sites that were tested and not called, so that what is said
of them is more than what is true of every site of the mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.intervals import count_overlaps, overlap_pairs
from resist_epi.genome.regions import as_intervals, own_tss
from resist_epi.schema import SITE_SUMMARY, names
from resist_epi.stats.multiple import benjamini_hochberg

# Upper ends of the classes of distance to the nearest start, bp.
DISTANCES = (1_000, 10_000, 100_000)

PLACE = ("chrom", "start", "end", "region_id")

VALUES = ("baseMean", "log2FoldChange", "pvalue", "padj", "direction")


@dataclass(frozen=True, eq=False)
class SiteSources:
    """What sites are held against.

    Attributes
    ----------
    sets
        Name -> peaks or other intervals (`chrom start end`), such as FOXA1's.
    contacts
        As `contacts.read_contacts` gives them; None without.
    promoter
        bp upstream and downstream of a TSS, for genes by promoter and by contact.
    """

    sets: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    contacts: pd.DataFrame | None = None
    promoter: tuple[int, int] = (1000, 1000)


def site_contexts(
    results: pd.DataFrame, annotation: Annotation, sources: SiteSources | None = None
) -> pd.DataFrame:
    """One row a site: its change, the nearest start, the sets that it overlaps, its contacts.

    Parameters
    ----------
    results
        The contract's result columns, a row a site.
    annotation
        Genes of the same assembly.
    sources
        By default none: distances and nearest genes alone.

    Returns
    -------
    DataFrame
        `chrom start end region_id baseMean log2FoldChange pvalue padj direction`, `gene_id symbol
        link linked_genes class nearest_symbol distance` (`own_genes.with_nearest_genes`, of a mark
        of sites), `in_NAME` (bool) for each set and, with contacts, `contact_genes` (symbols of
        the promoters in the other anchors, comma between; empty without any).

    Raises
    ------
    InputFormatError
        If the regions are no peaks.
    GenomeMismatchError
        If sites and genes share no chromosome.
    """
    sources = sources or SiteSources()
    if "kind" in results and not results["kind"].eq("peaks").all():
        raise InputFormatError(
            f"sites are peaks, and these regions are {results['kind'].iloc[0]}",
            remedy="give the results of a mark's peaks (differential/MARK.peaks.tsv.gz)",
        )
    sites = results[list(PLACE)].assign(strand=".", gene_id="", symbol="", kind="peaks")
    table = with_nearest_genes(sites, annotation, promoter=sources.promoter, main="peaks")
    table = table.drop(columns=["strand", "kind"])
    for i, name in enumerate(VALUES):
        table.insert(len(PLACE) + i, name, results[name].to_numpy())
    for name, peaks in sources.sets.items():
        left, right = as_intervals(results, peaks)
        table[f"in_{name}"] = count_overlaps(left, right) > 0
    if sources.contacts is not None:
        table["contact_genes"] = _contact_genes(
            results, annotation, sources.contacts, sources.promoter
        )
    return table


def _contact_genes(
    sites: pd.DataFrame,
    annotation: Annotation,
    contacts: pd.DataFrame,
    promoter: tuple[int, int],
) -> NDArray[np.object_]:
    """(n_sites,) symbols of the genes whose promoter lies in the other anchor of a contact."""
    windows = own_tss(annotation, upstream=promoter[0], downstream=promoter[1])
    windows["start"] = windows["start"].clip(lower=0)
    name = windows["symbol"].where(windows["symbol"] != "", windows["gene_id"]).to_numpy(object)
    found: list[set[str]] = [set() for _ in range(len(sites))]
    for here, there in (("1", "2"), ("2", "1")):
        near, far = (
            contacts[[f"chrom{s}", f"start{s}", f"end{s}"]].set_axis(
                ["chrom", "start", "end"], axis=1
            )
            for s in (here, there)
        )
        of_site, anchor = overlap_pairs(*as_intervals(sites, near))
        of_anchor, window = overlap_pairs(*as_intervals(far, windows))
        genes = pd.Series(name[window]).groupby(of_anchor).agg(set)
        for site, contact in zip(of_site.tolist(), anchor.tolist(), strict=True):
            found[site] |= genes.get(contact, set())
    return np.array([",".join(sorted(own)) for own in found], dtype=object)


def summarise_contexts(table: pd.DataFrame) -> pd.DataFrame:
    """How many of the sites gained, lost and not called lie in each context.

    Parameters
    ----------
    table
        As `site_contexts` gives it.

    Returns
    -------
    DataFrame
        Columns of `schema.SITE_SUMMARY`: classes of distance to the nearest start, each set, and
        contacts. Odds ratios are of sites gained (lost) against those tested and not called, with
        Fisher's exact P, two-sided, adjusted over all of them (Benjamini-Hochberg). Neighbouring
        sites are not independent, so that these P describe and do not decide.
    """
    features = _features(table)
    direction = table["direction"].astype(str)
    groups = {name: (direction == name).to_numpy() for name in ("gain", "loss")}
    groups["other"] = (direction == "none").to_numpy() & table["pvalue"].notna().to_numpy()
    if not groups["other"].any() and not table["pvalue"].notna().any():
        groups["other"] = (direction == "none").to_numpy()
    rows = []
    for feature, inside in features.items():
        row: dict[str, object] = {"feature": feature}
        for name, own in groups.items():
            row[f"n_{name}"] = int((own & inside).sum())
            row[f"of_{name}"] = int(own.sum())
            row[f"share_{name}"] = float(inside[own].mean()) if own.any() else np.nan
        for name in ("gain", "loss"):
            ratio, pvalue = _fisher(inside, groups[name], groups["other"])
            row |= {f"odds_ratio_{name}": ratio, f"pvalue_{name}": pvalue}
        rows.append(row)
    found = pd.DataFrame(rows)
    both = found[["pvalue_gain", "pvalue_loss"]].to_numpy(np.float64)
    adjusted = benjamini_hochberg(both.ravel()).reshape(both.shape)
    found["padj_gain"], found["padj_loss"] = adjusted.T
    return found[names(SITE_SUMMARY)]


def _features(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    away = table["distance"].abs().to_numpy(np.float64)
    features, last = {}, -1
    for limit in DISTANCES:
        words = f"{limit // 1000} kb of a start"
        words = f"within {words}" if last < 0 else f"{last // 1000} to {words}"
        features[words] = (away > last) & (away <= limit)
        last = limit
    features[f"farther than {last // 1000} kb from any start"] = ~(away <= last)
    for name in (c for c in table if str(c).startswith("in_")):
        features[f"in {str(name)[3:]}"] = table[name].to_numpy(bool)
    if "contact_genes" in table:
        features["in contact with a promoter"] = (table["contact_genes"] != "").to_numpy()
    return features


def _fisher(
    inside: NDArray[np.bool_], group: NDArray[np.bool_], other: NDArray[np.bool_]
) -> tuple[float, float]:
    """Odds ratio (of counts, infinite where a cell is empty) and Fisher's exact P; NaN of none."""
    if not group.any() or not other.any():
        return np.nan, np.nan
    from scipy.stats import fisher_exact

    cells = [[int((own & side).sum()) for side in (inside, ~inside)] for own in (group, other)]
    ratio, pvalue = fisher_exact(cells)
    return float(ratio), float(pvalue)
