"""From what a search for hidden factors found to what is done about it, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.model.factor_names import Relations, relations_in_words
from resist_epi.model.header import beside_cut
from resist_epi.model.unit_patterns import UnitPatterns
from resist_epi.samples.design_checks import PATIENT
from resist_epi.stats.linear.factor_gate import MIN_BREADTH, MIN_EIGENVALUE, Gate

# A factor that goes with the contrast beyond this P is a difference between the groups.
WITH_GROUPS = 0.01

# Share of the contrast's direction that factors may hold before it is drowned in theirs.
MOST_SHARED = 0.75

# Correlation of loadings and level from which on a factor may be efficiency.
FOLLOWS_LEVEL = 0.5

# Parts of a pattern: of an arm that is named with it, and of these together; and how many may be.
LEAST_OF_PATTERN, MOST_OF_PATTERN, MOST_ARMS = 0.1, 0.5, 4


@dataclass(frozen=True)
class FoundFactors:
    """Estimated factors, and what they go with.

    Attributes
    ----------
    table
        (n_units, k) their values, columns `hidden1`, ….
    shared, pvalue
        R2 of all of them with the contrast, and how often chance gives as much.
    relations
        How each goes with the columns of the sheet.
    level
        How each follows the level of signal, a correlation.
    asked
        Whether their number was asked for.
    """

    table: pd.DataFrame
    shared: float
    pvalue: float
    relations: Relations
    level: Mapping[str, float]
    asked: bool

    @property
    def drowned(self) -> bool:
        """Whether the contrast can hardly be told from them."""
        return self.shared > MOST_SHARED

    @property
    def like_efficiency(self) -> list[str]:
        """Those that change with the level of signal, as efficiency does."""
        return [name for name, r in self.level.items() if abs(r) > FOLLOWS_LEVEL]

    @property
    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "contrast": {"R2": round(self.shared, 3), "pvalue": self.pvalue},
            "units": {
                name: {str(unit): round(float(v), 3) for unit, v in values.items()}
                for name, values in self.table.items()
            },
            "columns": self.relations,
            "level": {name: round(r, 3) for name, r in self.level.items()},
        }


def gate_facts(gates: Sequence[Gate]) -> dict[str, Any]:
    """How many patterns are broad, and how strong the first is, with the cuts."""
    first = gates[0]
    return {
        "found": sum(g.broad for g in gates),
        "adjusted": 0,
        "eigenvalue": round(first.eigenvalue, 3),
        "breadth": round(first.breadth, 3),
        "cuts": [MIN_EIGENVALUE, MIN_BREADTH],
    }


def none_found(
    seen: UnitPatterns, facts: dict[str, Any], places: Mapping[str, float] | None = None
) -> UnitPatterns:
    """Nothing beyond chance, or nothing that is broad.

    Parameters
    ----------
    places
        Where what is beyond chance lies: arm or chromosome -> its part of the pattern.
    """
    named = {arm: part for arm, part in (places or {}).items() if part >= LEAST_OF_PATTERN}
    if not 0 < len(named) <= MOST_ARMS or sum(named.values()) < MOST_OF_PATTERN:
        return _with(seen, facts, sentence=f"none found: {_strength(facts)}")
    listed = ", ".join(f"{arm} ({part:.0%} of it)" for arm, part in named.items())
    facts = facts | {"places": {arm: round(part, 3) for arm, part in named.items()}}
    return _with(
        seen,
        facts,
        sentence=f"none in most of the genome: {_strength(facts)}. It lies on {listed}, consistent"
        " with copy number in some of the units; not adjusted for",
    )


def two_apart(seen: UnitPatterns, facts: dict[str, Any], pair: Sequence[str]) -> UnitPatterns:
    """Two units that differ from all others."""
    names = " and ".join(pair)
    return _left_out(
        seen,
        facts,
        f"{names} stand apart from all other units in most of the genome"
        f" ({_strength(facts)}), as two libraries of one tumour or a batch of two would; not"
        f" adjusted for. If they are one unit, say so in the column {PATIENT}",
        off=f"{names} stand apart from all others",
    )


def one_side(seen: UnitPatterns, facts: dict[str, Any]) -> UnitPatterns:
    """Units of one side that differ from each other."""
    return _left_out(
        seen,
        facts,
        "units of one side of the contrast differ from each other in most of the genome"
        f" ({_strength(facts)}), consistent with a change in some of them, a subtype, purity or a"
        " batch; not adjusted for, since it may be what is looked for",
        off="units of one side differ from each other in most of the genome",
    )


def with_found(
    seen: UnitPatterns, facts: dict[str, Any], found: FoundFactors, keeps_global: str | None
) -> UnitPatterns:
    """Factors, in the design where they can be adjusted for.

    Parameters
    ----------
    keeps_global
        The normalisation, where it leaves a global change of the mark in the values.
    """
    facts = facts | found.facts
    k = found.table.shape[1]
    it = "it" if k == 1 else "them"
    about = _about(facts, found)
    if not found.asked and found.like_efficiency and keeps_global is not None:
        return _left_out(
            seen,
            facts,
            f"{about}. Adjusting could take a global change of the mark away, which {keeps_global}"
            f" normalisation keeps: not adjusted for; --hidden {k} does",
            off=f"{_number(k)} not adjusted for",
        )
    if not found.asked and (found.drowned or found.pvalue < WITH_GROUPS):
        offer = "" if found.drowned else f"; --hidden {k} adjusts for {it}"
        return _left_out(
            seen,
            facts,
            f"{about}. The groups differ in {it}, which may be the answer or a confounder, and"
            f" these data cannot tell: not adjusted for{offer}",
            off=f"{_number(k)} that goes with the groups",
        )
    sentence = f"{about}; {'asked for and ' * found.asked}in the design"
    if found.drowned:
        warning = (
            f"{_number(k)} as asked for, with R2 {found.shared:.2f} with the contrast: little of it"
            " is left to test"
        )
        seen = replace(
            seen,
            warnings=(*seen.warnings, warning),
            weights_off=seen.weights_off or "hidden factors hold most of the contrast",
        )
    seen = _with(seen, facts | {"adjusted": k}, sentence=f"{sentence}; {_values(found.table)}")
    return replace(seen, columns=found.table)


def factor_values(facts: Mapping[str, Any]) -> pd.DataFrame:
    """The estimated factors that the facts of results hold, adjusted for or not.

    Returns
    -------
    DataFrame
        `factor sample value`, and `about`, the columns of the sheet that name the factor; a row a
        factor and unit, no row where none was estimated.
    """
    hidden = facts.get("hidden", {})
    return pd.DataFrame(
        [
            (factor, sample, value, relations_in_words({factor: hidden["columns"][factor]}))
            for factor, values in hidden.get("units", {}).items()
            for sample, value in values.items()
        ],
        columns=["factor", "sample", "value", "about"],
    )


def calls_in_words(results: pd.DataFrame, fdr: float) -> tuple[str, int]:
    """How many regions are called with and without the factors, and the latter number."""
    called, beside = (results[c].to_numpy(np.float64) <= fdr for c in ("padj", "unadjusted_padj"))
    return (
        f"{called.sum()} regions called; without hidden factors and weights {beside.sum()},"
        f" {(called & beside).sum()} of them the same (unadjusted_pvalue, unadjusted_padj): a"
        " factor may be biology"
    ), int(beside.sum())


def _about(facts: Mapping[str, Any], found: FoundFactors) -> str:
    said = [
        f"{_number(found.table.shape[1])} ({_strength(facts)})",
        f"R2 with the contrast {found.shared:.2f} (P {found.pvalue:.2g})",
        relations_in_words(found.relations),
    ]
    if found.like_efficiency:
        said.append(
            f"{' and '.join(found.like_efficiency)} more in regions of more signal, as the"
            " efficiency of the precipitation would be"
        )
    return "; ".join(said)


def _left_out(seen: UnitPatterns, facts: dict[str, Any], warning: str, *, off: str) -> UnitPatterns:
    seen = _with(seen, facts, sentence=warning)
    return replace(seen, warnings=(*seen.warnings, warning), weights_off=seen.weights_off or off)


def _with(seen: UnitPatterns, facts: dict[str, Any], *, sentence: str) -> UnitPatterns:
    return replace(seen, sentence=sentence, facts={**seen.facts, "hidden": facts})


def _number(k: int) -> str:
    return f"{k} hidden factor{'s' * (k > 1)}"


def _strength(facts: Mapping[str, Any]) -> str:
    cuts = facts["cuts"]
    eigenvalue = beside_cut(facts["eigenvalue"], cuts[0], 2)
    breadth = beside_cut(facts["breadth"], cuts[1], 2)
    return (
        f"what units share most is {eigenvalue} times as strong as chance makes it (a factor from"
        f" {cuts[0]:g} on), and {breadth} times without the fifth of the regions that show it most"
        f" (from {cuts[1]:g} on)"
    )


def _values(table: pd.DataFrame) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{unit} {value:+.2f}" for unit, value in values.items())
        for name, values in table.items()
    )
