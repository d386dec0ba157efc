"""What a simulated cohort depends on."""

from __future__ import annotations

from dataclasses import dataclass

from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import natural_chrom_key

ASSEMBLIES = ("hg38", "hg19")

MARKS = ("H3K27me3", "H3K36me3")  # by default

ALL_MARKS = (*MARKS, "H3K4me3", "H3K27ac", "ER")

# What changes: in sets that the package names, as it expects; or in these, others and none.
SCENARIOS = ("named", "honest")

# They hold the four NSD2 targets (HK2, G6PD, TIGAR, SLC2A1) and the HOXB, HOXC and HOXD clusters.
CHROMOSOMES = ("chr1", "chr2", "chr12", "chr17", "chrX")

# How many times more a mark stands out above the background, by assay.
ENRICHMENT = {"ChIP-seq": 1.0, "CUT&RUN": 5.0, "CUT&Tag": 8.0}

# Exogenous reads, as a share of those of an even background: added, and carried over.
SPIKE_IN, CARRIED_OVER = 0.05, 0.3

E_COLI = {"U00096.3": 4_641_652}  # K-12 MG1655, bp


@dataclass(frozen=True, kw_only=True)
class CohortSettings:
    """Everything that a cohort depends on; equal settings give equal cohorts.

    Attributes
    ----------
    seed
        Of all random numbers. The same tumours come out whatever options are added.
    good, poor
        Tumours in each group.
    marks
        Some of `ALL_MARKS`; one library a tumour and mark.
    chromosomes
        Chromosomes of the assembly to simulate, at their true lengths.
    fragments
        Expected sequenced fragments a library, on these chromosomes.
    fragment_length
        bp; reads are extended to it.
    bin_size
        bp of a bin of the coverage tracks.
    null
        No difference between the groups (no planted effect, no global shift).
    effect_scale
        Factor on every planted log2 effect.
    depth_sd, efficiency_sd
        Standard deviation of the natural log of a library's depth, and of its enrichment.
    biological_sd
        Typical standard deviation between tumours of one domain or gene body, log2.
    outlier
        The last poor tumour varies three times as much, and enriches half as well.
    batches
        Processing batches, crossed with the groups; each has an effect of its own on each domain
        or body, of standard deviation `batch_sd` (log2).
    purity
        Tumours are 35 to 95 % tumour cells; the rest is normal tissue with another landscape, in
        which nothing is planted.
    copy_number
        Half of the poor tumours, and one good one, have 1.5 times the copies of one segment.
    global_shift
        log2 change of all H3K27me3 in the poor tumours, on top of the planted effects.
    spike_in
        Count reads of an exogenous genome, given in equal amount per cell.
    inputs
        Write an input of every tumour: background and copies, without any mark.
    assay
        `ChIP-seq`: tracks. `CUT&RUN` or `CUT&Tag`: BAM files of pairs with little background, many
        duplicates and reads of E. coli, in equal amount per cell.

    assembly
        `hg38` or `hg19`, whose genes and chromosome lengths are taken.
    scenario
        `named`: what changes is in sets that the package names, in the direction that it expects.
        `honest`: as of `simulation.honest`.

    Examples
    --------
    >>> CohortSettings(seed=3, good=4, poor=4, marks=("H3K36me3",)).marks
    ('H3K36me3',)
    """

    seed: int = 1
    good: int = 6
    poor: int = 6
    marks: tuple[str, ...] = MARKS
    chromosomes: tuple[str, ...] = CHROMOSOMES
    fragments: float = 1.0e6
    fragment_length: int = 200
    bin_size: int = 50
    null: bool = False
    effect_scale: float = 1.0
    depth_sd: float = 0.25
    efficiency_sd: float = 0.1
    biological_sd: float = 0.35
    outlier: bool = False
    batches: int = 1
    batch_sd: float = 0.4
    purity: bool = False
    copy_number: bool = False
    global_shift: float = 0.0
    spike_in: bool = False
    inputs: bool = False
    assay: str = "ChIP-seq"
    assembly: str = ASSEMBLIES[0]
    scenario: str = SCENARIOS[0]

    @property
    def of_reads(self) -> bool:
        """Whether libraries are written as reads, with E. coli beside the genome."""
        return self.assay != "ChIP-seq"

    @property
    def enrichment(self) -> float:
        """How many times more the mark stands out than in ChIP-seq."""
        return ENRICHMENT[self.assay]

    @property
    def has_spike_in(self) -> bool:
        """Whether there are reads of an exogenous genome."""
        return self.spike_in or self.of_reads

    @property
    def spike_in_share(self) -> float:
        """Its reads, as a share of those of the background where that is even."""
        return CARRIED_OVER if self.of_reads else SPIKE_IN

    def __post_init__(self) -> None:
        problems = {
            "good and poor must be 0 or more, and one of them above 0": (
                min(self.good, self.poor) >= 0 and self.good + self.poor > 0
            ),
            f"marks must be some of {', '.join(ALL_MARKS)}, each once": (
                0 < len(self.marks) == len(set(self.marks)) and set(self.marks) <= set(ALL_MARKS)
            ),
            f"the assembly must be {' or '.join(ASSEMBLIES)}": self.assembly in ASSEMBLIES,
            f"the scenario must be {' or '.join(SCENARIOS)}": self.scenario in SCENARIOS,
            "at least one chromosome is needed, each once": (
                0 < len(self.chromosomes) == len(set(self.chromosomes))
            ),
            "seed must be 0 or more": self.seed >= 0,
            "fragments must be above 0": self.fragments > 0,
            "fragment_length and bin_size must be 1 bp or more": (
                self.fragment_length >= 1 and self.bin_size >= 1
            ),
            "standard deviations must be 0 or more": (
                min(self.depth_sd, self.efficiency_sd, self.biological_sd, self.batch_sd) >= 0
            ),
            "batches must be 1 or more": self.batches >= 1,
            f"assay must be {', '.join(ENRICHMENT)}": self.assay in ENRICHMENT,
            "inputs and spike-in in the sheet are of ChIP-seq": (
                self.assay == "ChIP-seq" or not (self.inputs or self.spike_in)
            ),
        }
        wrong = [problem for problem, fine in problems.items() if not fine]
        if wrong:
            raise DesignError("a cohort cannot be simulated: " + "; ".join(wrong))
        order = tuple(sorted(self.chromosomes, key=natural_chrom_key))
        object.__setattr__(self, "chromosomes", order)
        object.__setattr__(self, "marks", tuple(self.marks))
