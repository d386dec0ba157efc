"""Small genomes with domains, as tracks in memory, and windows counted one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.bins import TrackBins
from resist_epi.domains.filter import BackgroundLevel, background_level, domain_bins
from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.window_tests import with_windows
from resist_epi.genome.bins import genome_bins
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.samples.sheet import SampleSheet, make_sheet
from resist_epi.tracks.engine.runs import Grid
from resist_epi.tracks.engine.track import CoverageTrack

STEP = 100  # bp of a value of the tracks


@dataclass
class ArrayTrack(CoverageTrack):
    """A track of adjacent values of 100 bp."""

    values: Mapping[str, np.ndarray]
    chrom_lengths: Mapping[str, int]
    path: Path = Path("in memory")
    lengths_known: bool = True
    asked: list[str] = field(default_factory=list)

    def runs(self, chrom: str) -> Iterator[Grid]:
        self.asked.append(chrom)
        yield Grid(0, STEP, self.values[chrom])


@dataclass(frozen=True)
class DomainCohort:
    """Tracks, their sheet, and which domains change."""

    tracks: dict[str, ArrayTrack]
    lengths: dict[str, int]
    sheet: SampleSheet
    domains: pd.DataFrame

    def bins(self, size: int = 10_000) -> CountMatrix:
        """Mean signal in adjacent bins, as a run counts them for its background."""
        from resist_epi.counting.coverage import count_regions

        return count_regions(self.tracks, genome_bins(self.lengths, size))

    def bins_table(self, n: int) -> pd.DataFrame:
        """The first n bins of 10 kb."""
        return genome_bins(self.lengths, 10_000).iloc[:n]


def domain_cohort(
    seed: int,
    *,
    per_group: int = 4,
    lengths: Mapping[str, int] | None = None,
    share_changed: float = 0.3,
    change: float = 1.5,
    spacing: int = 40_000,
    enrichment: float = 5.0,
    tumour_sd: float = 0.25,
) -> DomainCohort:
    """Domains of 4 to 25 kb on a background of 1, gamma noise, and a level for each tumour."""
    rng = np.random.default_rng(seed)
    lengths = dict(lengths or {"chr1": 1_200_000, "chr2": 800_000})
    rows = []
    for chrom, length in lengths.items():
        for slot in range(length // spacing):
            width = int(rng.integers(40, 250)) * STEP
            start = slot * spacing + int(rng.integers(0, (spacing - width) // STEP)) * STEP
            rows.append((chrom, start, start + width))
    domains = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    domains["change"] = np.where(
        rng.uniform(size=len(domains)) < share_changed,
        change * rng.choice([-1, 1], size=len(domains)),
        0.0,
    )
    conditions = ["good"] * per_group + ["poor"] * per_group
    tracks = {}
    for i, condition in enumerate(conditions):
        level = {c: np.ones(-(-n // STEP)) for c, n in lengths.items()}
        own = rng.normal(0, tumour_sd, size=len(domains))
        shifted = own + np.where(condition == "poor", domains["change"], 0.0)
        for (chrom, start, end), log2 in zip(rows, shifted, strict=True):
            level[chrom][start // STEP : end // STEP] += enrichment * 2.0**log2
        depth = rng.lognormal(0, 0.3)
        noise = {c: rng.gamma(4, v / 4) * depth for c, v in level.items()}
        tracks[f"s{i}"] = ArrayTrack(noise, lengths)
    table = pd.DataFrame({"SampleID": list(tracks), "Factor": "H3K27me3", "Condition": conditions})
    return DomainCohort(tracks, lengths, make_sheet(table), domains)


Exclude = dict[str, tuple[np.ndarray, np.ndarray]]


def bins_of(
    cohort: DomainCohort,
    settings: DomainSettings | None = None,
    *,
    exclude: Exclude | None = None,
    level: BackgroundLevel | None = None,
) -> CountMatrix:
    ten_kb = cohort.bins()
    return domain_bins(
        TrackBins(cohort.tracks, exclude=exclude),
        cohort.lengths,
        background_level(ten_kb, exclude=exclude) if level is None else level,
        library_sizes=ten_kb.library_sizes,
        settings=settings,
    )


def analysed(cohort: DomainCohort, bins: CountMatrix, **options: object) -> Analysis:
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    inputs = normalization_inputs(matrix, cohort.sheet, bins=cohort.bins())
    analysis = analyse(matrix, cohort.sheet, inputs=inputs, **options)  # type: ignore[arg-type]
    return with_windows(analysis, bins, domains, cohort.sheet)
