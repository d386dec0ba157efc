"""A cohort: what the tumours are, and the libraries that can be drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.genes.builtin import load_gene_sets
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes, load_genome
from resist_epi.simulation import effects
from resist_epi.simulation.landscape import (
    CopySegment,
    Landscape,
    MarkLandscape,
    gene_table,
    make_landscape,
)
from resist_epi.simulation.libraries import (
    SimulatedTrack,
    background_rate,
    coverage,
    draw_fragments,
)
from resist_epi.simulation.settings import ASSEMBLY, CohortSettings
from resist_epi.simulation.tumours import (
    NORMAL_SD,
    biological_deviation,
    copy_segment,
    expected_level,
    make_libraries,
    make_tumours,
)

_EFFECT = {"H3K27me3": "k27", "H3K36me3": "k36"}

# Streams of random numbers; one cannot disturb another, so options add to a cohort of one seed.
_GENES, _LANDSCAPE, _TUMOURS, _DEPTHS, _UNITS, _READS, _SPIKE = range(7)

CUT_READS = 8  # 7 is of the inputs


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
        Genes and bp by chromosome; by default the built-in ones of hg38. Of both, the
        chromosomes of the settings are used.
    gene_sets
        Where the planted genes come from; by default the built-in sets.

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
    annotation = load_genes(ASSEMBLY) if annotation is None else annotation
    known = load_genome(ASSEMBLY).lengths if chrom_lengths is None else chrom_lengths
    gene_sets = load_gene_sets() if gene_sets is None else gene_sets
    annotation = _on_chromosomes(annotation, known, settings.chromosomes)
    genes = gene_table(annotation)
    plan = effects.choose_genes(genes, gene_sets, stream(settings, _GENES))
    landscape = make_landscape(
        genes,
        {c: known[c] for c in settings.chromosomes},
        gene_sets,
        must_be_polycomb=set(plan.loc[plan["k27"] != 0, "gene_id"]),
        must_be_active=set(plan.loc[plan["k36"] != 0, "gene_id"]),
        rng=stream(settings, _LANDSCAPE),
    )
    tumours = make_tumours(settings, stream(settings, _TUMOURS))
    libraries = make_libraries(tumours, settings, stream(settings, _DEPTHS))
    planted, reasons, normal, levels = {}, {}, {}, {}
    for i, mark in enumerate(settings.marks):
        parts = landscape.marks[mark]
        rng = stream(settings, _UNITS, i)
        deviation = biological_deviation(parts, tumours, settings, rng)
        normal[mark] = rng.normal(0.0, NORMAL_SD, size=parts.n_units)
        planted[mark], reasons[mark] = _plant(mark, parts, genes, plan, settings, rng)
        levels[mark] = expected_level(planted[mark], normal[mark], tumours, deviation=deviation)
    copies = copy_segment(landscape.lengths) if settings.copy_number else None
    cohort = Cohort(
        settings,
        annotation,
        landscape,
        tumours,
        libraries,
        planted,
        reasons,
        normal,
        levels,
        copies,
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


def stream(settings: CohortSettings, *key: int) -> np.random.Generator:
    """Random numbers of one purpose: none disturbs another's."""
    return np.random.default_rng([settings.seed, *key])


def _plant(
    mark: str,
    parts: MarkLandscape,
    genes: pd.DataFrame,
    plan: pd.DataFrame,
    settings: CohortSettings,
    rng: np.random.Generator,
) -> tuple[FloatArray, NDArray[np.object_]]:
    """Effects and reasons of the units; of several genes in one domain the first rule speaks."""
    effect, why = np.zeros(parts.n_units), np.full(parts.n_units, "", dtype=object)
    rows = pd.Index(genes["gene_id"]).get_indexer(plan["gene_id"])
    units, sizes = parts.unit_of_gene[rows], plan[_EFFECT[mark]].to_numpy()
    for unit, size, reason in zip(units, sizes, plan["why"], strict=True):
        if size != 0 and unit >= 0 and not why[unit]:
            effect[unit], why[unit] = size, reason
    free = np.flatnonzero(why == "")
    name, share, size = (
        (effects.POLYCOMB, effects.POLYCOMB_SHARE, effects.POLYCOMB_SIZE)
        if mark == "H3K27me3"
        else (effects.RANDOM, effects.RANDOM_SHARE, effects.RANDOM_SIZE)
    )
    chosen = rng.permutation(free)[: int(np.ceil(share * len(free)))]
    sizes = size * rng.uniform(1 - effects.SPREAD, 1 + effects.SPREAD, size=len(chosen))
    mass = parts.unit_mass
    before = float((mass * (2.0**effect - 1)).sum())
    effect[chosen] = sizes * effects.balanced_signs(mass[chosen], sizes, before=before)
    why[chosen] = name
    if settings.null:
        return np.zeros(parts.n_units), np.full(parts.n_units, "", dtype=object)
    shift = settings.global_shift if mark == "H3K27me3" else 0.0
    return effect * settings.effect_scale + shift, why


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
        rng = stream(cohort.settings, _SPIKE)
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
        rng=stream(cohort.settings, _READS, row),
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
