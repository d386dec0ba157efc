"""What a normalisation is: one record says all that differs between normalisations.

To add one, write its kernel in `stats/scaling/`, a function that names its assumption in
`scalings.py`, and one record in `METHODS`. As in `method.py`, records load no library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from resist_epi.model.method import Later
from resist_epi.stats.literature import (
    ANDERS_2010,
    BOLSTAD_2003,
    BULLARD_2010,
    KADOTA_2012,
    LUN_2016,
    ORLANDO_2014,
    ROBINSON_2010,
    SUN_2013,
    Reference,
)

if TYPE_CHECKING:
    from resist_epi.arrays import FloatArray
    from resist_epi.counting.matrix import CountMatrix
    from resist_epi.model.normalization_data import NormalizationInputs

    Kernel = Callable[[CountMatrix, NormalizationInputs], FloatArray]


@dataclass(frozen=True)
class Normalization:
    """A normalisation and the assumption that it makes.

    Attributes
    ----------
    kernel
        (matrix, inputs) -> (n_samples,) size factors, or (n_regions, n_samples) natural-log
        offsets, centred in every region, on top of the library sizes.
    assumption
        What must hold for its fold changes to be right, in one sentence.
    title
        Its name in figures; by default the key without underscores.
    references
        What a methods paragraph cites.
    needs
        Field of `NormalizationInputs` that it cannot do without, and in words where it is from.
    offsets
        Whether it gives offsets, which belong to these regions alone.
    in_regions
        Whether it is from the regions tested alone, and so wrong where most of them change.
    keeps_global
        Whether it can tell a global gain or loss of the mark.
    default
        Why it is taken where nobody names one, if what it needs is there, and what is said where
        that is not; None where it has to be named. The first of `METHODS` that can be had is taken.
    compared
        Its part among the normalisations that results are held against, as `agreement` has it:
        `reference` keeps a global change (the first that can be had), `regions` takes it away,
        `always` stands beside these, `spare` fills up; None leaves it out.
    """

    kernel: Kernel
    assumption: str
    title: str = ""
    references: tuple[Reference, ...] = ()
    needs: tuple[str, str] | None = None
    offsets: bool = False
    in_regions: bool = False
    keeps_global: bool = False
    default: tuple[str, str] | None = None
    compared: Literal["reference", "regions", "always", "spare"] | None = None

    def reads(self, name: str) -> bool:
        """Whether it needs this field of `NormalizationInputs`."""
        return self.needs is not None and self.needs[0] == name

    @property
    def wanted(self) -> str:
        """What it needs, in words; empty where that is nothing."""
        return "" if self.needs is None else self.needs[1]

    def has_inputs(self, inputs: NormalizationInputs) -> bool:
        """Whether what it needs is there."""
        return self.needs is None or getattr(inputs, self.needs[0]) is not None


# In the order in which a default is looked for and normalisations are compared.
METHODS: dict[str, Normalization] = {
    "spike_in": Normalization(
        Later("scalings:by_spike_in"),
        "exogenous chromatin was added in proportion to the cells and precipitated as the"
        " sample's own",
        "spike-in",
        (ORLANDO_2014,),
        needs=(
            "spike_in",
            "the column SpikeInReads, with LibrarySize where signal is normalised, or files of"
            " reads that hold those of another genome",
        ),
        keeps_global=True,
        default=("there is spike-in", "no spike-in"),
        compared="reference",
    ),
    "background": Normalization(
        Later("scalings:by_background"),
        "background is equal in every sample and immunoprecipitation was equally efficient;"
        " changes are relative to background",
        references=(LUN_2016, ROBINSON_2010),
        needs=(
            "background",
            "counts in 10-kb bins of the genome (--background, of `count --regions bins`; in"
            " Python `count_study` counts them and `analyse` of what it gives takes them)",
        ),
        default=("background bins can be had", "no background bins"),
        compared="reference",
    ),
    "tmm_rounds": Normalization(
        Later("scalings:by_tmm_rounds"),
        "most of the regions tested do not change, whichever way the others do;"
        " a global gain or loss of the mark is taken away",
        "TMM of the unchanged",
        (ROBINSON_2010, KADOTA_2012, SUN_2013),
        needs=("test", "a contrast that can be tested, as `diff` and `run` have it; use tmm"),
        in_regions=True,
        default=("so from regions that do not seem to differ", "no test"),
        compared="always",
    ),
    "tmm": Normalization(
        Later("scalings:by_tmm"),
        "most of the regions tested do not change, or gains and losses balance;"
        " a global gain or loss of the mark is taken away",
        "TMM in regions",
        (ROBINSON_2010,),
        in_regions=True,
        default=("", ""),
        compared="regions",
    ),
    "library_size": Normalization(
        Later("scalings:by_library_size"),
        "library sizes stand for the same amount of chromatin in every sample; where they are sums"
        " over the regions tested, a global gain or loss of the mark is taken away",
        compared="always",
    ),
    "tmmwsp": Normalization(
        Later("scalings:by_tmmwsp"),
        "most of the regions tested do not change, or gains and losses balance, many of them"
        " being zero in some samples; a global gain or loss of the mark is taken away",
        references=(ROBINSON_2010,),
        in_regions=True,
    ),
    "rle": Normalization(
        Later("scalings:by_rle"),
        "the median region does not change; a global gain or loss of the mark is taken away",
        "RLE in regions",
        (ANDERS_2010,),
        in_regions=True,
    ),
    "upper_quartile": Normalization(
        Later("scalings:by_upper_quartile"),
        "the region at the upper quartile of signal is equally high in every sample;"
        " a global gain or loss of the mark is taken away",
        references=(BULLARD_2010,),
        in_regions=True,
    ),
    "reads_in_regions": Normalization(
        Later("scalings:by_reads_in_regions"),
        "the total over the regions tested is the same in every sample;"
        " a global gain or loss of the mark is taken away",
        in_regions=True,
        compared="spare",
    ),
    "loess": Normalization(
        Later("scalings:by_loess"),
        "at every level of signal most regions do not change; a global gain or loss of the mark,"
        " and any change that goes with the level, is taken away",
        offsets=True,
        in_regions=True,
    ),
    "common_peaks": Normalization(
        Later("scalings:by_common_peaks"),
        "the peaks that every sample has do not change as a whole, at any level",
        needs=("peaks", "the column Peaks in every row"),
        offsets=True,
        in_regions=True,
    ),
    "quantile": Normalization(
        Later("scalings:by_quantile"),
        "samples of one group have the same distribution of signal over the regions, and groups"
        " differ at most where their distributions do",
        references=(BOLSTAD_2003,),
        offsets=True,
        in_regions=True,
    ),
    "given": Normalization(
        Later("scalings:by_given"),
        "the factors given are right",
        needs=(
            "given",
            "the column SizeFactor (effective library size = library size x factor)",
        ),
    ),
}
