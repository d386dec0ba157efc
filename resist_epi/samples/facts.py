"""What a contrast compares, as plain values beside a table, and the words made from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from resist_epi.samples.design import Contrast

# The contrast as version 0.1.0 wrote it, in words alone.
_IN_WORDS = re.compile(r"(?P<first>.+?) minus (?P<second>.+?)(, .*)?$")


def contrast_facts(contrast: Contrast) -> dict[str, Any]:
    """Name, column, kind, both levels, and units a side; of a coefficient its columns, too.

    The kind is `difference`, `slope`, `coefficient` (an interaction, or a column of a curve) or
    `hazard`.
    """
    kind = "difference" if contrast.levels else "slope" if contrast.vector.any() else "hazard"
    plain = contrast.name == contrast.column and "[" not in contrast.name
    if contrast.columns and not contrast.levels and not plain:
        kind = "coefficient"
    first, second = contrast.levels or (None, None)
    more = {"columns": list(contrast.columns)} if contrast.columns else {}
    return {
        "name": contrast.name,
        "column": contrast.column,
        "kind": kind,
        "first": first,
        "second": second,
        "units": list(contrast.group_sizes) or [int(contrast.informing.sum())],
        **more,
    }


def facts_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """The facts beside a table; of one that version 0.1.0 wrote, what its contrast compares."""
    if isinstance(header.get("facts"), dict):
        return dict(header["facts"])
    said = _IN_WORDS.match(str(header.get("contrast", "")).split(";")[0])
    if said is None:
        return {}
    first, second = said["first"], said["second"]
    return {"contrast": {"kind": "difference", "first": first, "second": second}}


def contrast_title(facts: Mapping[str, Any]) -> str:
    """The contrast in a few words, for titles; empty where nothing is known of it.

    Examples
    --------
    >>> contrast_title({"contrast": {"kind": "difference", "first": "poor", "second": "good"}})
    'poor minus good'
    """
    about = facts.get("contrast")
    if about is None:
        return ""
    named = f" ({about['name']})" if "columns" in about else ""
    if about["kind"] == "difference":
        return f"{about['first']} minus {about['second']}{named}"
    if about["kind"] == "coefficient":
        return f"coefficient {about['name']}"
    if about["kind"] == "slope":
        return f"slope on {about['column']}"
    return "log2 of the hazard ratio for twice the mark"


def library_facts(marks: Iterable[str], conditions: Iterable[str]) -> dict[str, Any]:
    """Mark, and the libraries of every condition, of tables that no contrast is asked of.

    Parameters
    ----------
    conditions
        Of each library; empty where the sheet has none.
    """
    return {"mark": ", ".join(marks), "libraries": dict(Counter(map(str, conditions)))}


def _libraries(facts: Mapping[str, Any]) -> str:
    """`12 libraries (6 good, 6 poor)`."""
    sizes: dict[str, int] = facts.get("libraries") or {}
    said = ", ".join(f"{n} {name}" for name, n in sizes.items() if name)
    return f"{sum(sizes.values())} libraries{f' ({said})' if said else ''}" if sizes else ""


def figure_title(facts: Mapping[str, Any], kind: str = "") -> str:
    """Mark, kind of regions, contrast and n, for what stands above a figure.

    Where no contrast is asked, n is that of the libraries.

    Examples
    --------
    >>> contrast = {"kind": "difference", "first": "poor", "second": "good", "units": [6, 5]}
    >>> figure_title({"mark": "H3K27me3", "contrast": contrast}, "promoters")
    'H3K27me3, promoters: poor minus good (6 + 5 units)'
    >>> figure_title(library_facts(["H3K27me3"], ["good", "poor", "poor"]))
    'H3K27me3: 3 libraries (1 good, 2 poor)'
    """
    of = ", ".join(filter(None, (str(facts.get("mark", "")), kind)))
    about = facts.get("contrast") or {}
    units = " + ".join(map(str, about.get("units", [])))
    asked = contrast_title(facts) + (f" ({units} units)" if units else "")
    return ": ".join(filter(None, (of, asked or _libraries(facts))))


def informed_by(facts: Mapping[str, Any]) -> str:
    """`6 poor + 5 good units`: what the estimate rests on."""
    about = facts["contrast"]
    if about["kind"] != "difference":
        return f"{' + '.join(map(str, about['units']))} units"
    one, other = about["units"]
    return f"{one} {about['first']} + {other} {about['second']} units"
