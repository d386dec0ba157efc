"""Mechanisms of resistance, and what each measurement is expected to show, stated in advance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resist_epi.errors import InputFormatError
from resist_epi.mechanism.verdicts import Evidence, Verdict, judge
from resist_epi.samples.presets import find_preset

WORDS = ("gain", "loss", "none", "mixed")


@dataclass(frozen=True)
class Expectation:
    """What a measurement is expected to do in A against B.

    Attributes
    ----------
    main
        `gain`, `loss`, `none` (no change), `mixed` (members may go either way), or empty: nothing
        was stated.
    allowed
        A second outcome that does not speak against it, or empty.
    """

    main: str = ""
    allowed: str = ""

    @classmethod
    def parse(cls, text: str) -> Expectation:
        """From `gain`, `loss|none`, or `gain or mixed`.

        Raises
        ------
        InputFormatError
            If it is made of other words.
        """
        main, _, allowed = text.strip().replace(" or ", "|").partition("|")
        if any(word and word not in WORDS for word in (main, allowed)):
            raise InputFormatError(f"expectation {text!r}", expected=", ".join(WORDS))
        return cls(main, allowed)

    @property
    def sign(self) -> int:
        """1, -1, or 0 where no direction is stated."""
        return {"gain": 1, "loss": -1}.get(self.main, 0)

    @property
    def words(self) -> str:
        """For tables: `gain`, `loss or none`, `not stated`."""
        return " or ".join(filter(None, (self.main, self.allowed))) or "not stated"

    def verdict(self, seen: Evidence) -> Verdict:
        """What evidence says of it (`verdicts.judge`).

        Examples
        --------
        >>> Expectation.parse("loss|none").verdict("gain").word
        'opposite'
        >>> Expectation.parse("none").verdict("loss").word
        'not predicted'
        """
        return judge(self.main, self.allowed, seen)


@dataclass(frozen=True)
class Mechanism:
    """A mechanism and the set of genes that stands for it.

    Attributes
    ----------
    name, title
        Key and words.
    gene_set
        Name of the set.
    expected
        Mark or assay -> what it is expected to do.
    caveat
        What else looks the same, or what the set cannot show.
    context
        Therapies that are meant for it, as of `therapies.therapies_as_of`; research, no advice.
    references
        Where that stands.
    evidence
        What the expected signs rest on: cell lines or tumours, and under which therapy.
    sources
        Papers of that evidence; `not verified` stands beside what nobody could look up.
    alternatives
        Names of mechanisms of the same genes that expect the opposite.
    """

    name: str
    title: str
    gene_set: str
    expected: Mapping[str, Expectation]
    caveat: str = ""
    context: str = ""
    references: str = ""
    evidence: str = ""
    sources: str = ""
    alternatives: tuple[str, ...] = ()

    def expects(self, layer: str, *, active: str = "H3K36me3") -> Expectation:
        """What a mark or assay is expected to do; empty where nothing was stated.

        `switches` follow from their active mark: an activating switch (counted as gain) where it is
        to be gained, a repressive one where it is to be lost. Proteins follow expression. Marks go
        by any name that their preset knows.

        Parameters
        ----------
        active
            The active mark of the switches.
        """
        if layer == "switches":
            body = self.expects(active)
            return Expectation(body.main if body.sign else "mixed" if body.main else "")
        name = "expression" if layer == "proteomics" else layer.strip()
        known = find_preset(name)
        name = name if known is None else known.mark
        found = {k.lower(): e for k, e in self.expected.items()}
        return found.get(name.lower(), Expectation())
