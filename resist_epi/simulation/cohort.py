"""A cohort: what the tumours are, and the libraries that can be drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.genes.builtin import load_gene_sets, load_planted_sets
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes, load_genome
from resist_epi.simulation import streams
from resist_epi.simulation.honest import make_honest_tumours
from resist_epi.simulation.landscape import (
    CopySegment,
    Landscape,
    gene_table,
    make_landscape,
)
from resist_epi.simulation.libraries import (
    SimulatedTrack,
    background_rate,
    coverage,
    draw_fragments,
)
from resist_epi.simulation.planting import (
    Planted,
    choose_changes,
    plant,
    planted_on,
    with_narrow_marks,
)
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.streams import stream
from resist_epi.simulation.tumours import (
    NORMAL_SD,
    biological_deviation,
    copy_segment,
    expected_level,
    make_libraries,
    make_tumours,
)


@dataclass(frozen=True)
class Cohort:
    """A simulated cohort; its tracks are drawn when they are asked for.

    Attributes
    ----------
    settings
        What it was made from.
    annotation
        Genes of its chromosomes.
    landscape
        What the tumours have in common.
    tumours, libraries
        As `simulation.tumours` makes them; libraries have also `rate`, the fragments per bp of
        background, and `spike_in_reads` (NaN without spike-in).
    effects
        By mark, (n_units,) log2 of poor minus good that was planted.
    reasons
        By mark, (n_units,) why; empty where nothing was planted.
    normal
        By mark, (n_units,) log2, normal tissue against tumour.
    levels
        By mark, (n_units, n_tumours) factor on the landscape, noise included.
    copies
        Segment that the tumours marked `amplified` have more of, or None.
    planted
        By mark, what else is true of its units.
    unnamed_sets
        Sets that nobody named and that change: name -> symbols.
    """

    settings: CohortSettings
    annotation: Annotation
    landscape: Landscape
    tumours: pd.DataFrame
    libraries: pd.DataFrame
    effects: Mapping[str, FloatArray]
    reasons: Mapping[str, NDArray[np.object_]]
    normal: Mapping[str, FloatArray]
    levels: Mapping[str, FloatArray]
    copies: CopySegment | None
    planted: Mapping[str, Planted]
    unnamed_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def chrom_lengths(self) -> dict[str, int]:
        """Bp by chromosome."""
        pairs = zip(self.landscape.chroms, self.landscape.lengths, strict=True)
        return {c: int(n) for c, n in pairs}


def simulate_cohort(
    settings: CohortSettings | None = None,
    *,
    annotation: Annotation | None = None,
    chrom_lengths: Mapping[str, int] | None = None,
    gene_sets: Mapping[str, GeneSet] | None = None,
) -> Cohort:
    """Simulate a cohort, everything from one seed.

    Parameters
    ----------
    settings
        By default `CohortSettings()`: 6 good and 6 poor tumours, two marks.
    annotation, chrom_lengths
        Genes and bp by chromosome; by default the built-in ones of the settings' assembly. Of
        both, the chromosomes of the settings are used.
    gene_sets
        Where the planted genes come from; by default `genes.builtin.load_planted_sets`.

    Raises
    ------
    DesignError
        If a chromosome is unknown or has no gene.

    Examples
    --------
    >>> settings = CohortSettings(chromosomes=("chr21",), good=2, poor=2, fragments=20_000)
    >>> cohort = simulate_cohort(settings)
    >>> cohort.libraries["sample"].tolist()[:2]
    ['G01_H3K27me3', 'G02_H3K27me3']
    >>> bool((cohort.effects["H3K36me3"] != 0).any())
    True
    """
    settings = CohortSettings() if settings is None else settings
    annotation = load_genes(settings.assembly) if annotation is None else annotation
    known = load_genome(settings.assembly).lengths if chrom_lengths is None else chrom_lengths
    named = load_gene_sets() if gene_sets is None else gene_sets  # those of now
    gene_sets = load_planted_sets() if gene_sets is None else gene_sets
    annotation = _on_chromosomes(annotation, known, settings.chromosomes)
    genes = gene_table(annotation)
    changes = choose_changes(genes, gene_sets, named, settings)
    plan = changes.plan
    landscape = make_landscape(
        genes,
        {c: known[c] for c in settings.chromosomes},
        gene_sets,
        must_be_polycomb=set(plan.loc[plan["k27"] != 0, "gene_id"]),
        must_be_active=set(plan.loc[plan["k36"] != 0, "gene_id"]),
        rng=stream(settings, streams.LANDSCAPE),
    )
    landscape = with_narrow_marks(landscape, plan, settings)
    draw = make_honest_tumours if settings.scenario == "honest" else make_tumours
    tumours = draw(settings, stream(settings, streams.TUMOURS))
    libraries = make_libraries(tumours, settings, stream(settings, streams.DEPTHS))
    effect, reasons, normal, levels, planted = {}, {}, {}, {}, {}
    for i, mark in enumerate(settings.marks):
        parts = landscape.marks[mark]
        rng = stream(settings, streams.UNITS, i)
        deviation = biological_deviation(parts, tumours, settings, rng)
        normal[mark] = rng.normal(0.0, NORMAL_SD, size=parts.n_units)
        effect[mark], reasons[mark], sets = plant(mark, parts, genes, plan, settings, rng)
        own = planted[mark] = planted_on(mark, parts, genes, tumours, sets, changes, settings)
        more = {"carried": own.carried, "factors": own.factors}
        levels[mark] = expected_level(
            effect[mark], normal[mark], tumours, deviation=deviation, **more
        )
    copies = copy_segment(landscape.lengths) if settings.copy_number else None
    cohort = Cohort(
        settings,
        annotation,
        landscape,
        tumours,
        libraries,
        effect,
        reasons,
        normal,
        levels,
        copies,
        planted,
        changes.unnamed_sets,
    )
    return _with_rates(cohort)


def _on_chromosomes(
    annotation: Annotation, known: Mapping[str, int], chromosomes: tuple[str, ...]
) -> Annotation:
    chosen = annotation.select(annotation.genes["chrom"].isin(chromosomes))
    with_genes = set(chosen.genes["chrom"])
    unknown = [c for c in chromosomes if c not in known or c not in with_genes]
    if unknown:
        raise DesignError(
            f"no genes or no length known of {', '.join(unknown)};"
            f" expected chromosomes such as {', '.join(list(known)[:3])}"
        )
    return chosen


def _with_rates(cohort: Cohort) -> Cohort:
    """Fill in the libraries' rates, and the spike-in reads that go with them."""
    libraries = cohort.libraries.copy()
    libraries["rate"] = [
        background_rate(
            cohort.landscape,
            mark,
            _library_level(cohort, row),
            _library_copies(cohort, row),
            n,
        )
        for row, (mark, n) in enumerate(zip(libraries["mark"], libraries["fragments"], strict=True))
    ]
    spike = np.full(len(libraries), np.nan)
    if cohort.settings.has_spike_in:
        # Equal chromatin per cell: its reads go with the rate at which the cell's own are drawn.
        per_bp = cohort.settings.spike_in_share * float(cohort.landscape.lengths.sum())
        rng = stream(cohort.settings, streams.SPIKE)
        spike = rng.poisson(per_bp * libraries["rate"].to_numpy()).astype(np.float64)
    libraries["spike_in_reads"] = spike
    return replace(cohort, libraries=libraries)


def _library_level(cohort: Cohort, row: int) -> FloatArray:
    library = cohort.libraries.iloc[row]
    level = cohort.levels[library["mark"]][:, library["tumour"]]
    enrichment = library["efficiency"] * cohort.settings.enrichment
    return np.asarray(level * enrichment, dtype=np.float64)


def _library_copies(cohort: Cohort, row: int) -> CopySegment | None:
    tumour = cohort.libraries["tumour"].iloc[row]
    return cohort.copies if cohort.tumours["amplified"].iloc[tumour] else None


def library_fragments(cohort: Cohort, sample: str) -> list[NDArray[np.int64]]:
    """Draw a library's fragments: by chromosome their sorted starts, bp; the same at every call.

    Raises
    ------
    DesignError
        If there is no such library.
    """
    found = np.flatnonzero(cohort.libraries["sample"] == sample)
    if not len(found):
        raise DesignError(
            f"no library {sample!r}; there are {', '.join(cohort.libraries['sample'])}"
        )
    row = int(found[0])
    library = cohort.libraries.iloc[row]
    return draw_fragments(
        cohort.landscape,
        library["mark"],
        _library_level(cohort, row),
        rate=library["rate"],
        fragment_length=cohort.settings.fragment_length,
        copies=_library_copies(cohort, row),
        rng=stream(cohort.settings, streams.READS, row),
    )


def library_track(
    cohort: Cohort, sample: str, *, fragments: list[NDArray[np.int64]] | None = None
) -> SimulatedTrack:
    """Coverage of a library in memory, equal to the bigWig that `write_cohort` writes.

    Parameters
    ----------
    fragments
        As `library_fragments` gives them, where they are at hand.

    Raises
    ------
    DesignError
        If there is no such library.
    """
    fragments = library_fragments(cohort, sample) if fragments is None else fragments
    return track_of_fragments(cohort, sample, fragments)


def track_of_fragments(
    cohort: Cohort, name: str, fragments: list[NDArray[np.int64]]
) -> SimulatedTrack:
    """Coverage of these fragments, per million of them."""
    n = sum(map(len, fragments))
    parts = {
        chrom: coverage(
            starts,
            fragment_length=cohort.settings.fragment_length,
            bin_size=cohort.settings.bin_size,
            length=length,
            scale=1e6 / max(n, 1),
        )
        for (chrom, length), starts in zip(cohort.chrom_lengths.items(), fragments, strict=True)
    }
    return SimulatedTrack(name, cohort.chrom_lengths, parts, n)
