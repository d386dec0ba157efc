"""How domains of a broad mark are found."""

from __future__ import annotations

from dataclasses import dataclass

from resist_epi.errors import InputFormatError


@dataclass(frozen=True)
class DomainSettings:
    """How domains are found.

    Attributes
    ----------
    sizes
        Window sizes, bp, multiples of `step`; all of them speak for a domain with equal weight.
    step
        bp by which the smallest windows slide; larger ones slide by a quarter of their size.
    fold
        Windows with less than so many times the background are left out.
    gap
        bp that may lie between two windows of one domain.
    max_width
        Wider domains are cut into parts of at most so many bp, a multiple of `step`.

    Raises
    ------
    InputFormatError
        If they do not fit together.
    """

    sizes: tuple[int, ...] = (2_000, 10_000)
    step: int = 500
    fold: float = 2.0
    gap: int = 100
    max_width: int = 30_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(sorted(set(self.sizes))))
        problems = {
            "there must be a window size": bool(self.sizes),
            "the step must be at least 1 bp": self.step >= 1,
            "window sizes must be multiples of the step": (
                self.step >= 1 and all(s >= 1 and s % self.step == 0 for s in self.sizes)
            ),
            "the fold must be a number of at least 1": self.fold >= 1,
            "the gap must not be negative": self.gap >= 0,
            "the largest width must be a multiple of the step, and no less than any window": (
                self.step >= 1
                and self.max_width % self.step == 0
                and self.max_width >= max(self.sizes, default=1)
            ),
        }
        wrong = [problem for problem, fine in problems.items() if not fine]
        if wrong:
            raise InputFormatError("domains cannot be found: " + "; ".join(wrong))

    def spacing(self, size: int) -> int:
        """Bp between the starts of neighbouring windows of a size."""
        return max(size // 4 // self.step, 1) * self.step
