"""What each mark needs: the regions on which it is tested and the one that speaks for a gene.

To add a mark, add a record to `PRESETS`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from resist_epi.schema import Kind

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
        The kind whose value speaks for a gene.
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


PRESETS: dict[str, MarkPreset] = {
    p.mark: p
    for p in (
        MarkPreset(
            "H3K27me3",
            ("promoters", "genes"),
            "promoters",
            broad=True,
            note="repressive, written by PRC2; broad over silent promoters and clusters",
        ),
        MarkPreset(
            "H3K36me3",
            ("genes",),
            "genes",
            min_body=2000,
            broad=True,
            note="written by SETD2 with elongating polymerase: a gain says 'more transcribed'",
        ),
        MarkPreset(
            "H3K36me2",
            ("genes", "promoters"),
            "genes",
            min_body=2000,
            broad=True,
            note="the principal product of NSD2; diffuse over bodies and between genes",
        ),
        MarkPreset(
            "H3K4me3",
            ("promoters",),
            "promoters",
            upstream=1000,
            downstream=1000,
            note="marks active and poised promoters",
        ),
        MarkPreset(
            "H3K27ac",
            ("promoters", "peaks"),
            "promoters",
            upstream=1000,
            downstream=1000,
            note="marks active promoters and enhancers",
        ),
        MarkPreset(
            "ER",
            ("peaks", "promoters"),
            "promoters",
            upstream=1000,
            downstream=1000,
            note="oestrogen receptor alpha; most sites are distal enhancers",
        ),
    )
}

GENERIC = MarkPreset(
    "generic",
    ("promoters", "genes"),
    "promoters",
    note="a mark without a preset: promoters of 2.5 kb either side, and gene bodies",
)

_ALIASES = {"era": "ER", "esr1": "ER", "eralpha": "ER", "er": "ER"}


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
    by_name = {name.lower(): name for name in PRESETS} | _ALIASES
    name = by_name.get(mark.strip().lower())
    if name is None:
        logger.info("mark %r has no preset: the generic one is used (%s)", mark, GENERIC.note)
        return GENERIC
    return PRESETS[name]
