"""What a normalisation is: one record says all that differs between normalisations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.stats.literature import Reference

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
    keeps_global: bool = False
    default: tuple[str, str] | None = None
    compared: Literal["reference", "regions", "always", "spare"] | None = None

    def reads(self, name: str) -> bool:
        """Whether it needs this field of `NormalizationInputs`."""
        return self.needs is not None and self.needs[0] == name

    def has_inputs(self, inputs: NormalizationInputs) -> bool:
        """Whether what it needs is there."""
        return self.needs is None or getattr(inputs, self.needs[0]) is not None
