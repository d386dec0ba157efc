"""What the residuals say of the units before any P: twins, and factors that no column names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError
from resist_epi.genome.chromosomes import SEX_CHROMOSOMES, on_chromosomes
from resist_epi.model.factor_names import chance_of, named_by, relations_in_words
from resist_epi.model.linear_models import FitOptions, log_level
from resist_epi.model.method import METHODS
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question
from resist_epi.schema import COUNTS
from resist_epi.stats.linear.blocking import block_correlation, correlation_matrix
from resist_epi.stats.linear.factor_gate import Gate, broad_factors, genome_halves
from resist_epi.stats.linear.hidden_factors import (
    Effects,
    HiddenFactors,
    hidden_factors,
    leading_axes,
    orthogonal_effects,
)
from resist_epi.stats.linear.twins import TWINS, Twins, find_twins
from resist_epi.stats.linear.weights import array_weights

logger = logging.getLogger(__name__)

# Units a group from which on twins and factors are told from chance.
MIN_UNITS_FOR_TWINS, MIN_UNITS_FOR_FACTORS = 4, 5

# Residual degrees of freedom, and regions, without which nothing is looked for.
MIN_DF, MIN_REGIONS = 5, 200

DF_PER_FACTOR = 4  # so many residual degrees of freedom for each factor that is looked for

MOST_FACTORS = 5

# A factor that goes with the contrast beyond this P is a difference between the groups.
WITH_GROUPS = 0.01

# Share of the contrast's direction that factors may hold before it is drowned in theirs.
MOST_SHARED = 0.75

_MOST_ROWS = 20_000  # regions, evenly spaced, that are looked at


@dataclass(frozen=True)
class UnitPatterns:
    """What was found of the units, and what follows for the fit.

    Attributes
    ----------
    columns
        (n_units, k) table of the factors that enter the design; no column where none does.
    weights_off
        Why units get no weights; None where nothing speaks against them.
    sentence
        What was found, for the header; empty where nothing was looked for.
    warnings
        What the reader must know, and do.
    facts
        The same as plain values.
    """

    columns: pd.DataFrame
    weights_off: str | None = None
    sentence: str = ""
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def adjusted(self) -> bool:
        """Whether factors enter the design."""
        return bool(self.columns.shape[1])

    @property
    def header(self) -> dict[str, str]:
        """For the `#` lines of a table."""
        return {"hidden factors": self.sentence} if self.sentence else {}


def nothing_seen(design: Design) -> UnitPatterns:
    """What is known of the units where nobody looked."""
    return UnitPatterns(pd.DataFrame(index=design.matrix.index))


def look_at_units(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    tested: NDArray[np.bool_],
    question: Question,
) -> UnitPatterns:
    """Look for twins, then for hidden factors, in the residuals of a design.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool.
    question
        Its method is the one that will be used; `hidden` says what is done about factors.

    Raises
    ------
    DesignError
        If factors are asked for by number and cannot be had.
    """
    none = nothing_seen(design)
    X = design.matrix.to_numpy(np.float64)
    smaller = min(contrast.group_sizes, default=len(X) // 2)
    rows = _rows(matrix, tested)
    df = X.shape[0] - X.shape[1]
    asked = _asked(question, contrast, df, len(rows))
    if df < MIN_DF or len(rows) < MIN_REGIONS or smaller < MIN_UNITS_FOR_TWINS:
        if not asked:
            return none
    part = matrix.select(regions=rows)
    level = _level(part)
    twins = _twins(level, design, question.block) if smaller >= MIN_UNITS_FOR_TWINS else ()
    found = replace(none, **_of_twins(twins, design))
    for warning in found.warnings:
        logger.warning("%s", warning)
    wanted = question.hidden != "none" and METHODS[question.method or ""].takes_factors
    if not wanted or not contrast.vector.any() or (smaller < MIN_UNITS_FOR_FACTORS and not asked):
        return found
    search = _Search(level, part, design, contrast, twins, question.block)
    gates = search.gates(min(MOST_FACTORS, df // DF_PER_FACTOR))
    return search.conclude(found, gates, asked)


def with_factors(
    design: Design, contrast: Contrast, columns: pd.DataFrame
) -> tuple[Design, Contrast]:
    """The design with further columns, and the contrast with nothing of them."""
    if not columns.shape[1]:
        return design, contrast
    matrix = pd.concat([design.matrix, columns], axis=1)
    vector = np.concatenate([contrast.vector, np.zeros(columns.shape[1])])
    words = f"{contrast.words}; adjusted for {', '.join(columns.columns)}, estimated from residuals"
    return replace(design, matrix=matrix), replace(contrast, vector=vector, words=words)


def calls_in_words(results: pd.DataFrame, fdr: float) -> tuple[str, int]:
    """How many regions are called with and without the factors, and the latter number."""
    beside = int((results["unadjusted_padj"] <= fdr).sum())
    both = int(((results["unadjusted_padj"] <= fdr) & (results["padj"] <= fdr)).sum())
    called = int((results["padj"] <= fdr).sum())
    return (
        f"{called} regions called; without the hidden factors, and without weights, {beside}, of"
        f" which {both} are the same (unadjusted_pvalue, unadjusted_padj): a factor may be biology"
    ), beside


def _asked(question: Question, contrast: Contrast, df: int, n_regions: int) -> int:
    """How many factors the user asks for; 0 where this is left to the data."""
    if question.hidden in ("auto", "none"):
        return 0
    asked = int(question.hidden)
    method = question.method or ""
    if not METHODS[method].takes_factors or not contrast.vector.any():
        able = " or ".join(name for name, m in METHODS.items() if m.takes_factors)
        raise DesignError(f"{method} adjusts for no hidden factors; use --method {able}")
    if df - asked < 2 or n_regions < MIN_REGIONS:
        raise DesignError(
            f"--hidden {asked}: {df} residual degrees of freedom and {n_regions} regions are too"
            f" few; {asked} hidden factor{'s' * (asked > 1)} need {asked + 2} and"
            f" {MIN_REGIONS}. Ask for fewer, or use --hidden none"
        )
    return asked


def _rows(matrix: CountMatrix, tested: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Regions to look at: tested, on autosomes where these are most, and not too many."""
    rows = np.flatnonzero(tested)
    autosomal = rows[~on_chromosomes(matrix.regions["chrom"].iloc[rows], SEX_CHROMOSOMES)]
    rows = autosomal if 2 * len(autosomal) >= len(rows) else rows
    return rows[:: max(1, -(-len(rows) // _MOST_ROWS))]


def _level(part: CountMatrix) -> FloatArray:
    """(n_regions, n_units) values whose mean does not depend on depth.

    The log of a small count does, as its prior weighs more in a shallow library, so counts are
    taken relative to their mean.
    """
    if part.quantity not in COUNTS:
        return log_level(part, np.ones(len(part.regions), dtype=bool))[0]
    values = scaled(part)
    mean = values.mean(axis=1, keepdims=True)
    return np.asarray(values / np.where(mean > 0, mean, 1.0))


def _twins(level: FloatArray, design: Design, block: str | None) -> tuple[Twins, ...]:
    found = find_twins(level, design.matrix.to_numpy(np.float64))
    if block is None:
        return found
    own = design.units[block].to_numpy()  # which the model knows to be alike
    return tuple(t for t in found if own[t.first] != own[t.second])


def _of_twins(twins: Sequence[Twins], design: Design) -> dict[str, Any]:
    if not twins:
        return {}
    names = list(map(str, design.matrix.index))
    pairs = [(names[t.first], names[t.second], round(t.correlation, 2)) for t in twins]
    shown = ", ".join(f"{a} and {b} ({r:.2f})" for a, b, r in pairs[:5])
    more = f" and {len(pairs) - 5} more pairs" if len(pairs) > 5 else ""
    warning = (
        f"the residuals of {shown}{more} go together (correlation of the noise; above {TWINS:g}):"
        " libraries of one tumour, animal or culture are one unit; name them in the sheet's column"
        " Patient, or leave one out. P values are too small until then, and no unit is weighted"
    )
    return {
        "weights_off": f"{pairs[0][0]} and {pairs[0][1]} are nearly one unit",
        "warnings": (warning,),
        "facts": {"twins": [list(pair) for pair in pairs]},
    }


class _Search:
    """Hidden factors of one design, beside the twins in it."""

    def __init__(
        self,
        level: FloatArray,
        part: CountMatrix,
        design: Design,
        contrast: Contrast,
        twins: Sequence[Twins],
        block: str | None,
    ) -> None:
        self.level, self.part, self.design, self.contrast = level, part, design, contrast
        self.X = design.matrix.to_numpy(np.float64)
        # A pair of twins is no factor: what it shares is taken out of the residuals first.
        shared = _indicators(twins, len(self.X))
        self.X_search = _independent(self.X, shared)
        self.correlation = None
        if block is not None:
            blocks = design.units[block].to_numpy()
            rho = block_correlation(level[:: max(1, len(level) // 2_000)], self.X, blocks)
            self.correlation = correlation_matrix(blocks, float(rho.consensus))
        self.effects = self._effects(self.X_search)

    def _effects(self, known: FloatArray) -> Effects:
        """Effects beside the searched design, weighted by what `known` leaves over."""
        weights = None
        if known.shape[0] - known.shape[1] >= 2:
            weights = array_weights(self.level, known)
        padded = np.zeros(self.X_search.shape[1])
        padded[: len(self.contrast.vector)] = self.contrast.vector
        return orthogonal_effects(
            self.level, self.X_search, padded, weights=weights, correlation=self.correlation
        )

    def gates(self, most: int) -> tuple[Gate, ...]:
        """What is said of one pattern after another, to the first that is no factor."""
        halves = genome_halves(self.part.regions["chrom"].to_numpy())
        return broad_factors(self.effects, halves, self.contrast.sides, most=most)

    def factors(self, k: int) -> HiddenFactors:
        """The k leading factors, with weights that they do not distort."""
        first = self.effects.space @ leading_axes(self.effects, k)
        effects = self._effects(np.column_stack([self.X_search, first]))
        return hidden_factors(effects, leading_axes(effects, k))

    def conclude(self, found: UnitPatterns, gates: Sequence[Gate], asked: int) -> UnitPatterns:
        """What was found, and what is done about it."""
        broad = [g for g in gates if g.broad]
        two_sided = next((i for i, g in enumerate(broad) if g.one_sided), len(broad))
        seen = {"eigenvalue": round(gates[0].eigenvalue, 3), "breadth": round(gates[0].breadth, 3)}
        facts: dict[str, Any] = {"found": len(broad), "adjusted": 0, "strongest": seen}
        k = asked or two_sided
        if not k:
            return self._without(found, facts, one_sided=bool(broad))
        factors = self.factors(k)
        df = self.effects.df
        shared = float((factors.slope**2).sum() / (1 + (factors.slope**2).sum()))
        p = chance_of(shared, k, df + 1 - k)
        table = pd.DataFrame(
            factors.columns,
            index=self.design.matrix.index,
            columns=[f"hidden{i + 1}" for i in range(k)],
        )
        relations = named_by(table, self.design.units, self.part)
        facts |= {
            "contrast": {"R2": round(shared, 3), "pvalue": float(p)},
            "units": {n: {s: round(v, 3) for s, v in table[n].items()} for n in table},
            "columns": relations,
        }
        goes = f"R2 with the contrast {shared:.2f} (P {p:.2g})"
        what = f"{k} hidden factor{'s' * (k > 1)}"
        about = f"{what} (units share {_strength(**seen)}); {goes}; {relations_in_words(relations)}"
        drowned = shared > MOST_SHARED
        if not asked and (p < WITH_GROUPS or drowned):
            hint = "" if drowned else f"; --hidden {k} adjusts for {'it' if k == 1 else 'them'}"
            warning = (
                f"{about}. The groups differ in {'it' if k == 1 else 'them'}, so it may be what"
                f" sets them apart or a confounder, which these data cannot tell: not adjusted{hint}"
            )
            return self._with(found, facts, warning, off="a hidden factor goes with the groups")
        facts["adjusted"] = k
        sentence = f"{about}; {'asked for and ' * bool(asked)}in the design"
        more: tuple[str, ...] = ()
        if drowned:
            more = (f"{what} asked for hold most of the contrast (R2 {shared:.2f}): little of it"
                    " is left to test",)  # fmt: skip
        for line in more:
            logger.warning("%s", line)
        logger.info("%s", sentence)
        return replace(
            found,
            columns=table,
            sentence=f"{sentence}; units: {_units_in_words(table)}",
            warnings=(*found.warnings, *more),
            weights_off=found.weights_off or ("factors hold the contrast" if drowned else None),
            facts={**found.facts, "hidden": facts},
        )

    def _without(
        self, found: UnitPatterns, facts: dict[str, Any], *, one_sided: bool
    ) -> UnitPatterns:
        strongest = facts["strongest"]
        if one_sided:
            warning = (
                "units of one side of the contrast differ in most of the genome"
                f" (they share {_strength(**strongest)}): a change in some of them, a subtype,"
                " purity or a batch; not adjusted, since it may be what is looked for"
            )
            return self._with(found, facts, warning, off="units of one side differ throughout")
        sentence = f"none found: units share {_strength(**strongest)}"
        return replace(found, sentence=sentence, facts={**found.facts, "hidden": facts})

    def _with(
        self, found: UnitPatterns, facts: dict[str, Any], warning: str, *, off: str
    ) -> UnitPatterns:
        logger.warning("%s", warning)
        return replace(
            found,
            sentence=warning,
            warnings=(*found.warnings, warning),
            weights_off=found.weights_off or off,
            facts={**found.facts, "hidden": facts},
        )


def _indicators(twins: Sequence[Twins], n: int) -> FloatArray:
    """(n, families) 1 for the units of a family of twins."""
    family = np.arange(n)
    for twin in twins:
        family[family == family[twin.second]] = family[twin.first]
    return np.column_stack(
        [np.zeros((n, 0)), *(family == f for f in np.unique(family) if (family == f).sum() > 1)]
    )


def _independent(X: FloatArray, more: FloatArray) -> FloatArray:
    """The design and those further columns that it does not hold already."""
    for column in more.T:
        wider = np.column_stack([X, column])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            X = wider
    return X


def _strength(eigenvalue: float, breadth: float) -> str:
    return (
        f"{eigenvalue:.2f} times what they share by chance, and {breadth:.2f} times without the"
        " regions that load most"
    )


def _units_in_words(table: pd.DataFrame) -> str:
    return "; ".join(
        f"{name} " + ", ".join(f"{unit} {value:+.2f}" for unit, value in table[name].items())
        for name in table
    )
