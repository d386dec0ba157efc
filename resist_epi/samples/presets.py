"""What each mark needs: its regions, the one that speaks for a gene, and what it says there.

To add a mark, add a record to `PRESETS`; nothing else lists marks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from resist_epi.schema import Kind
from resist_epi.stats.literature import KUO_2011, Reference

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MarkPreset:
    """How one mark is measured.

    Attributes
    ----------
    mark
        Name as in the sheet's `Factor`.
    kinds
        Region kinds that a run tests.
    main_kind
        The kind whose value speaks for a gene. Of `peaks` that is the mean of its linked sites, and
        without peaks the promoter (`speaks`).
    upstream, downstream
        Promoter window around a TSS, bp.
    body_offset
        Gene bodies start this many bp after the TSS, away from the promoter's own signal.
    min_body
        Genes with a shorter body (TSS to TES) have none, bp.
    broad
        Whether the mark forms domains rather than peaks.
    note
        What the mark says, in a sentence for reports.
    role
        What it says of its gene: `repressive` (silent) or `active` (transcribed). Opposite roles
        make a switch, and expression is expected to follow; None says neither.
    switch_rank
        Where a study has several pairs of opposite roles, those of the lowest rank are compared.
    third
        What genes are called whose change goes with that of a repressive mark (1) or against it
        (-1), and which of these; None where that says nothing beyond the two.
    aliases
        Other names, lower case.
    caution, references
        What a gain is no evidence of, in a sentence for methods sections, and the papers for that.
    """

    mark: str
    kinds: tuple[Kind, ...]
    main_kind: Kind
    upstream: int = 2500
    downstream: int = 2500
    body_offset: int = 500
    min_body: int = 1000
    broad: bool = False
    note: str = ""
    role: Literal["repressive", "active"] | None = None
    switch_rank: int = 9
    third: tuple[str, int] | None = None
    aliases: tuple[str, ...] = ()
    caution: str = ""
    references: tuple[Reference, ...] = ()

    def speaks(self, kinds: Iterable[str]) -> Kind:
        """The kind whose value speaks for a gene among those that there are.

        The main one, else promoters: sites need peaks, and not every study has them.

        Examples
        --------
        >>> PRESETS["ER"].speaks(["promoters", "bins"]), PRESETS["ER"].speaks(["peaks"])
        ('promoters', 'peaks')
        """
        return self.main_kind if self.main_kind in set(kinds) else "promoters"

    @property
    def window(self) -> tuple[int, int]:
        """Of a promoter around its TSS: bp upstream and downstream."""
        return self.upstream, self.downstream


PRESETS: dict[str, MarkPreset] = {
    p.mark: p
    for p in (
        MarkPreset(
            "H3K27me3",
            ("promoters", "genes"),
            "promoters",
            broad=True,
            note="repressive, written by PRC2; broad over silent promoters and clusters",
            role="repressive",
            switch_rank=1,
        ),
        MarkPreset(
            "H3K36me3",
            ("genes",),
            "genes",
            min_body=2000,
            broad=True,
            note="written by SETD2 with elongating polymerase: a gain says 'more transcribed'",
            role="active",
            switch_rank=1,
            caution="A gain of H3K36me3 over a gene body is consistent with more transcription; it"
            " is not by itself evidence of NSD2 activity, whose principal product is H3K36me2",
            references=(KUO_2011,),
        ),
        MarkPreset(
            "H3K36me2",
            ("genes", "promoters"),
            "genes",
            min_body=2000,
            broad=True,
            note="the principal product of NSD2; diffuse over bodies and between genes",
            role="active",
            switch_rank=2,
        ),
        MarkPreset(
            "H3K4me3",
            ("promoters",),
            "promoters",
            upstream=1000,
            downstream=1000,
            note="marks active and poised promoters",
            role="active",
            switch_rank=4,
            third=("bivalent", 1),
        ),
        MarkPreset(
            "H3K27ac",
            ("promoters", "peaks"),
            "promoters",
            upstream=1000,
            downstream=1000,
            note="marks active promoters and enhancers",
            role="active",
            switch_rank=3,
            third=("poised", -1),
        ),
        MarkPreset(
            "ER",
            ("peaks", "promoters"),
            "peaks",
            upstream=1000,
            downstream=1000,
            note="oestrogen receptor alpha; most sites are distal enhancers",
            aliases=("era", "esr1", "eralpha", "erα"),
        ),
    )
}

GENERIC = MarkPreset(
    "generic",
    ("promoters", "genes"),
    "promoters",
    note="a mark without a preset: promoters of 2.5 kb either side, and gene bodies",
)


def preset(mark: str) -> MarkPreset:
    """Return the preset of a mark, by name without regard to case; the generic one if unknown.

    An unknown mark is said in the log, once a call.

    Examples
    --------
    >>> preset("h3k36me3").main_kind
    'genes'
    >>> preset("H4K20me1").mark
    'generic'
    """
    found = find_preset(mark)
    if found is None:
        logger.info("mark %r has no preset: the generic one is used (%s)", mark, GENERIC.note)
        return GENERIC
    return found


def find_preset(mark: str) -> MarkPreset | None:
    """As `preset`, None for an unknown mark."""
    name = mark.strip().lower()
    known = (p for p in PRESETS.values() if name in (p.mark.lower(), *p.aliases))
    return next(known, None)


def role(mark: str) -> str | None:
    """What a mark says of its gene, `repressive` or `active`; None where nothing is known."""
    found = find_preset(mark)
    return None if found is None else found.role
