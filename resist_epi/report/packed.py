"""What the page draws figures of a kind of regions from, packed as the page carries it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.glossary import TERMS
from resist_epi.report.interactive import plot_settings
from resist_epi.report.payload import pack, pack_results
from resist_epi.report.swarms import pack_swarms


@dataclass(frozen=True)
class Packed:
    """Settings, results and units' values of one kind.

    Attributes
    ----------
    plain
        The settings before they were packed.
    swarms
        Empty where no unit's values are known.
    """

    plain: dict[str, Any]
    settings: str
    results: str
    swarms: str


def pack_kind(mark: MarkTables, kind: str) -> Packed:
    """Pack what the page shows of the results of a kind."""
    sheet = mark.results[kind]
    plain = plot_settings(sheet) | {
        "file": f"{mark.name}.{kind}",
        "name": f"{mark.mark} {kind}",
        "sure": TERMS["high confidence"],
    }
    return Packed(
        plain,
        pack(json.dumps(plain, sort_keys=True)),
        pack_results(sheet.table),
        pack_swarms(mark.values.get(kind), sheet),
    )


def packing(run: RunTables) -> dict[str, Callable[[], Packed]]:
    """Name (`packed_name`) -> the work of packing a kind, of all marks and kinds."""
    return {
        packed_name(mark, kind): partial(pack_kind, mark, kind)
        for mark in run.marks
        for kind in mark.results
    }


def packed_name(mark: MarkTables, kind: str) -> str:
    """Of what a kind is packed to: no figure is named so."""
    return f"{mark.name} {kind}, packed"
