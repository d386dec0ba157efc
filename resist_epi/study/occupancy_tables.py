"""The tables that are made of one mark's peaks, and the lines above each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resist_epi.errors import DesignError, quoted
from resist_epi.genes.builtin import load_gene_sets
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.occupied import gene_occupancy, occupied_genes
from resist_epi.genes.peak_classes import class_shares, classed_peaks
from resist_epi.genome.occupancy import (
    HALF,
    differential_occupancy,
    group_counts,
    held_by_groups,
    occupancy_components,
    set_overlaps,
)
from resist_epi.genome.reference import Reference
from resist_epi.genome.regions import make_regions
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.occupied import COUNTED, mechanisms_of_genes, occupied_mechanisms
from resist_epi.samples.presets import preset
from resist_epi.study.occupancy import Occupancy


@dataclass(frozen=True)
class OccupancyTables:
    """What is written of one mark.

    Attributes
    ----------
    regions
        One row a consensus peak: place, gene and class where genes were given, `n_samples`, the
        groups' counts and shares, P where two are compared, then 0 and 1 of each sample.
    classes
        `peak_classes.class_shares` of the consensus, each group and each sample; None without
        genes, as the next two.
    genes, mechanisms
        `occupied.occupied_genes` with the groups' counts; `mechanism.occupied`.
    """

    regions: pd.DataFrame
    classes: pd.DataFrame | None = None
    genes: pd.DataFrame | None = None
    mechanisms: pd.DataFrame | None = None


def occupancy_tables(
    found: Occupancy,
    reference: Reference | None = None,
    *,
    gene_sets: Mapping[str, GeneSet] | None = None,
) -> OccupancyTables:
    r"""The tables of a mark's peaks.

    Parameters
    ----------
    reference
        Genes of the same assembly; None leaves out what is about genes.
    gene_sets
        That hold the sets of the mechanisms; the built-in ones by default.

    Raises
    ------
    DesignError
        If two columns would have one name, as where a group is called `samples`.
    GenomeMismatchError
        If peaks and genes share no chromosome.

    Examples
    --------
    >>> from pathlib import Path
    >>> from resist_epi.study.occupancy import sheet_occupancy
    >>> import tempfile
    >>> from resist_epi.samples.sheet import make_sheet
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "a.bed").write_text("chr1\t10\t90\nchr1\t200\t300\n")
    >>> _ = (place / "b.bed").write_text("chr1\t50\t120\n")
    >>> rows = {"SampleID": ["a", "b"], "Factor": "ER", "Condition": ["good", "poor"]}
    >>> table = pd.DataFrame(rows).assign(Peaks=[str(place / "a.bed"), str(place / "b.bed")])
    >>> found = sheet_occupancy(make_sheet(table))
    >>> occupancy_tables(found).regions[["n_samples", "n_good", "n_poor"]].to_numpy().tolist()
    [[2, 1, 1]]
    """
    regions = found.consensus.regions
    samples = found.consensus.occupancy.reset_index(drop=True)
    counts = _group_columns(found, found.grouped)
    if reference is None:
        return OccupancyTables(_joined([regions, counts, samples]))
    mark = preset(found.mark)
    named = classed_peaks(regions.drop(columns="n_samples"), reference, mark)
    where = [c for c in named if c not in regions]
    table = _joined([named[[c for c in named if c not in where]], regions[["n_samples"]], counts])
    table = _joined([table, named[where], samples])
    sets: dict[tuple[str, str], pd.DataFrame] = {("consensus", "consensus peaks"): named}
    held = held_by_groups(found.grouped, found.groups)
    sets |= {("group", g): named[(held[g] == 1).to_numpy()] for g in map(str, held)}
    for sample, peaks in found.peaks.items():
        own = make_regions(peaks[["chrom", "start", "end"]].drop_duplicates(), kind="peaks")
        sets["sample", sample] = classed_peaks(own, reference, mark)
    gene_sets = load_gene_sets() if gene_sets is None else gene_sets
    mechanisms = load_mechanisms()
    by_gene = gene_occupancy(named, found.units)
    genes = occupied_genes(named, mechanisms_of_genes(mechanisms, gene_sets))
    genes = _joined([genes, _group_columns(found, by_gene[list(found.groups)])])
    order = list(found.compared.contrast or ()) or list(found.compared.levels)
    order += [g for g in found.compared.levels if g not in order]
    said = occupied_mechanisms(
        mechanisms,
        gene_sets,
        genes,
        known=list(reference.annotation.genes["symbol"]),
        groups=[g for g in order if g in held],
        mark=found.mark,
    )
    return OccupancyTables(table, class_shares(sets), genes, said)


def _group_columns(found: Occupancy, occupancy: pd.DataFrame) -> pd.DataFrame:
    """`n_GROUP fraction_GROUP` of every group; of two the difference and P besides."""
    table = group_counts(occupancy, found.groups)
    if found.compared.contrast is not None:
        tested = differential_occupancy(occupancy, found.groups, contrast=found.compared.contrast)
        more = ["fraction_difference", "descriptive_pvalue", "descriptive_padj"]
        table = table.assign(**{name: tested[name].to_numpy() for name in more})
    return table.reset_index(drop=True)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts side by side; names of columns are the user's, so two could be one."""
    table = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
    twice = sorted(set(table.columns[table.columns.duplicated()]))
    if twice:
        raise DesignError(
            f"two columns of the table would be called {quoted(twice[0])}: a sample or group has"
            " the name of another column; rename it in the sheet"
        )
    return table


@dataclass(frozen=True)
class OverlapTables:
    """What samples and groups share.

    Attributes
    ----------
    samples, groups
        `occupancy.set_overlaps` of the libraries, and of the groups.
    components
        `occupancy.occupancy_components` of the libraries; `attrs["explained"]` has the shares.
    """

    samples: pd.DataFrame
    groups: pd.DataFrame
    components: pd.DataFrame


def overlap_tables(found: Occupancy) -> OverlapTables:
    r"""What samples and groups share, and the components of the samples.

    Examples
    --------
    >>> from pathlib import Path
    >>> from resist_epi.study.occupancy import sheet_occupancy
    >>> import tempfile
    >>> from resist_epi.samples.sheet import make_sheet
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "a.bed").write_text("chr1\t10\t90\nchr1\t200\t300\n")
    >>> _ = (place / "b.bed").write_text("chr1\t50\t120\n")
    >>> rows = {"SampleID": ["a", "b"], "Factor": "ER", "Condition": ["good", "poor"]}
    >>> table = pd.DataFrame(rows).assign(Peaks=[str(place / "a.bed"), str(place / "b.bed")])
    >>> found = sheet_occupancy(make_sheet(table))
    >>> overlap_tables(found).groups[["n_sets", "n_peaks"]].to_numpy().tolist()
    [[2, 1]]
    """
    occupancy = found.consensus.occupancy
    return OverlapTables(
        set_overlaps(occupancy),
        set_overlaps(held_by_groups(found.grouped, found.groups)),
        occupancy_components(occupancy),
    )


def table_headers(found: Occupancy, made: OverlapTables) -> dict[str, dict[str, Any]]:
    """`#` lines of each table, by its name."""
    words = {"mark": found.mark, **found.words}
    short = {name: words[name] for name in ("mark", "consensus", "units", "groups")}
    half = f"a group has a peak where at least {HALF:.0%} of its units do"
    return {
        "regions": words,
        "classes": {
            **short,
            "sets": f"the consensus; of groups the consensus peaks that they have ({half}); of"
            " samples their own peaks",
            "cpg": "of the promoter of the gene that a peak is named by",
        },
        "genes": words | {"genes": "a unit has a gene where it has any peak that is the gene's"},
        "mechanisms": words | {"counted": COUNTED},
        "overlaps": short | {"rows": "consensus peaks of exactly these samples"},
        "group_overlaps": short | {"rows": f"consensus peaks of exactly these groups; {half}"},
        "components": short
        | {
            "values": "0 and 1 of the consensus peaks, centred by peak",
            "share of variance": made.components.attrs["explained"],
        },
    }
