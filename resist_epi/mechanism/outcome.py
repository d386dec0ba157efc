"""Do the called genes tell the outcome of patients of an outside cohort? Direction stated before.

A score of the genes is prognostic as far as one treatment can tell; that it is predictive takes a
second treatment, and the difference between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from resist_epi.arrays import BoolArray, FloatArray, IntArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import current_symbols, name_places, without_version
from resist_epi.genes.matched import draw_sets, nearest_pools
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.cohort_files import OutsideCohort
from resist_epi.samples.question import Question
from resist_epi.schema import SURVIVAL, SURVIVAL_SUMMARY, names
from resist_epi.stats.groups.survival import CoxTests, cox_score_tests
from resist_epi.stats.multiple import benjamini_hochberg

N_RANDOM = 1000

FEWEST_GENES = 2

LEVEL = 0.05

_AT_ONCE = 2_000_000  # values of random sets that are held at a time

# Evidence -> what is said of the score, each once.
SAID = {
    "confirmed": "the called genes tell the outcome in the direction stated, and better than random"
    " genes of their kind",
    "no better than random": "they tell the outcome in the direction stated, as random genes of"
    " their kind do: many genes follow proliferation",
    "opposite": "they tell the outcome against the direction stated",
    "not seen": "no relation with the outcome is seen",
}


@dataclass(frozen=True)
class OutcomeResult:
    """What an outside cohort says of a mark's genes.

    Attributes
    ----------
    genes
        A row a called gene (`schema.SURVIVAL`).
    summary
        One row on the score of all (`schema.SURVIVAL_SUMMARY`).
    header
        Name -> sentence for the `#` lines.
    """

    genes: pd.DataFrame
    summary: pd.DataFrame
    header: dict[str, str]


def outcome_of_genes(
    level: GeneLevel,
    cohort: OutsideCohort,
    *,
    fdr: float = Question.fdr,
    worse: int = 1,
    n_random: int = N_RANDOM,
    seed: int = 1,
) -> OutcomeResult:
    """Hold the called genes of a mark against the outcome of patients of another cohort.

    A gene that gains an active mark (loses a repressive one) in the group of worse outcome is
    expected to be expressed more there, and patients with more of it to progress earlier. The score
    of a patient is the mean of the genes' standardised log2 levels, each with that sign. Score and
    genes are put to Cox's score test beside covariates and strata; the score is also held against
    scores of random genes of the same mean and spread, since most random sets tell the outcome of
    breast cancer (Venet et al. 2011).

    Parameters
    ----------
    level
        Of the mark (`GeneLevel.mark` names it): the genes and their directions.
    cohort
        As `cohort_files.read_cohort` gives it.
    fdr
        Level of the called genes, and of padj.
    worse
        1 where the first side of the contrast is the group of worse outcome, -1 for the second.
    n_random, seed
        Of the random sets of genes.

    Raises
    ------
    DesignError
        If fewer than 2 called genes are in the cohort, no test of the score is possible beside the
        covariates and strata, or as `cox_score_tests`.

    References
    ----------
    Jansen et al. (2013) Cancer Research 73:6632; Venet, Dumont & Detours (2011) PLoS Computational
    Biology 7:e1002240; Cox (1972) J. R. Stat. Soc. B 34:187.
    """
    own, place, sign = _called(level, cohort, fdr, worse)
    levels = cohort.levels
    spread = levels.std(axis=1)
    usable = np.isfinite(levels).all(axis=1) & (spread > 0)
    kept = usable[place]
    own, place, sign = own[kept], place[kept], sign[kept]
    n_called = int((level.directions(fdr) != "none").sum())
    if len(own) < FEWEST_GENES:
        raise DesignError(
            f"{len(own)} of {n_called} called genes of {level.mark or 'the mark'} are in the"
            f" cohort; a score takes at least {FEWEST_GENES}"
        )
    z = np.zeros_like(levels)
    z[usable] = (levels[usable] - levels[usable].mean(axis=1, keepdims=True)) / spread[usable, None]
    score = (sign[:, None] * z[place]).mean(axis=0)
    score /= score.std()
    main = _cox(score[None, :], cohort)
    if not np.isfinite(main.statistic[0]):
        raise DesignError(
            "the outcome of the cohort says nothing of the score: beside covariates and strata no"
            " two patients are left to compare at any event; take fewer of them, or levels that"
            " several patients share"
        )
    single = _cox(z[place], cohort)
    genes = _gene_table(level, own, sign, single)
    agree = float((np.sign(single.statistic) == sign).mean())
    drawn = _random_sets(z, usable, place, sign, cohort, n_random, seed)
    beyond = (drawn >= [main.statistic[0], agree]).sum(axis=0)
    random_p, random_agree = (1 + beyond) / (1 + len(drawn)) if len(drawn) else (np.nan, np.nan)
    facts = {
        "mark": level.mark,
        "n_called": float(n_called),
        "n_genes": len(own),
        "n_patients": main.n_samples,
        "n_events": main.n_events,
        **_hazard(main, 0),
        "one_sided_pvalue": float(1 - ndtr(main.statistic[0])),
        "random_pvalue": float(random_p),
        "share_agreeing": agree,
        "share_agreeing_pvalue": float(random_agree),
        **_predictive(score, cohort),
    }
    facts["verdict"] = _verdict(facts)
    facts["words"] = _words(facts)
    summary = pd.DataFrame([facts])[names(SURVIVAL_SUMMARY)]
    return OutcomeResult(genes, summary, _header(facts, cohort, level.mark, worse))


def worse_side(facts: Mapping[str, Any], worse: str | None) -> int:
    """1 or -1: which side of the contrast has the worse outcome, the first unless named.

    Parameters
    ----------
    facts
        Of the results (`samples.facts.facts_of`).
    worse
        A level of the contrast, or None.

    Raises
    ------
    DesignError
        If it is none of the two.

    Examples
    --------
    >>> worse_side({"contrast": {"first": "good", "second": "poor"}}, "poor")
    -1
    """
    about = facts.get("contrast") or {}
    sides = [about.get("first"), about.get("second")]
    if worse is None or worse == sides[0]:
        return 1
    if worse == sides[1]:
        return -1
    known = " or ".join(str(s) for s in sides if s) or "none, since the contrast has no two sides"
    raise DesignError(f"the group of worse outcome is {worse!r}; the contrast has {known}")


def _called(
    level: GeneLevel, cohort: OutsideCohort, fdr: float, worse: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Positions of the called genes that the cohort has, one a locus, their rows there, signs."""
    called = np.flatnonzero((level.directions(fdr) != "none") & np.isfinite(level.change))
    place = _rows_of(level, called, cohort)
    called, place = called[place >= 0], place[place >= 0]
    kept = np.isin(called, level.one_a_locus(called))
    called, place = called[kept], place[kept]
    expected = ASSAYS["expression"].sign(level.mark) or 1
    sign = expected * worse * np.sign(level.change[called])
    return called, place, np.asarray(sign, dtype=np.float64)


def _rows_of(level: GeneLevel, called: IntArray, cohort: OutsideCohort) -> IntArray:
    """Row of the cohort of each gene, by symbol, alias or id; -1 where it has none."""
    known = name_places(cohort.genes.tolist(), level.symbols)
    own = level.genes.iloc[called]
    current = current_symbols(own["symbol"].tolist(), level.symbols)
    rows = []
    for symbol, now, gene_id in zip(own["symbol"], current, own["gene_id"], strict=True):
        names_of = (symbol, now, without_version(gene_id))
        rows.append(next((known[n] for n in names_of if n and n in known), -1))
    return np.array(rows, dtype=np.int64)


def _cox(values: FloatArray, cohort: OutsideCohort, more: FloatArray | None = None) -> CoxTests:
    """Score tests beside the cohort's covariates, and what else is given (n_patients, n)."""
    parts = [cohort.covariates.to_numpy(np.float64)]
    if cohort.treatment is not None:
        parts.append(cohort.treatment[:, None])
    if more is not None:
        parts.append(more)
    adjust = np.column_stack(parts)
    return cox_score_tests(
        values,
        cohort.time,
        cohort.event,
        covariates=adjust if adjust.shape[1] else None,
        strata=cohort.strata,
        tail="exchange",
    )


def _hazard(tests: CoxTests, i: int) -> dict[str, float]:
    """Hazard ratio for one standard deviation, with Wald's interval, and the score test."""
    log_ratio, error = tests.log_hazard_ratio[i], tests.standard_error[i]
    return {
        "hazard_ratio": float(np.exp(log_ratio)),
        "ci_low": float(np.exp(log_ratio - 1.96 * error)),
        "ci_high": float(np.exp(log_ratio + 1.96 * error)),
        "stat": float(tests.statistic[i]),
        "pvalue": float(tests.pvalue[i]),
    }


def _gene_table(level: GeneLevel, own: IntArray, sign: FloatArray, tests: CoxTests) -> pd.DataFrame:
    table = pd.DataFrame([_hazard(tests, i) for i in range(len(own))])
    genes = level.genes.iloc[own].reset_index(drop=True)
    table = table.assign(
        symbol=genes["symbol"],
        gene_id=genes["gene_id"],
        log2FoldChange=genes["log2FoldChange"],
        expected=np.where(sign > 0, "earlier", "later"),
        agrees=np.where(np.sign(tests.statistic) == sign, "yes", "no"),
        padj=benjamini_hochberg(table["pvalue"].to_numpy(np.float64)),
    )
    return table[names(SURVIVAL)]


def _random_sets(
    z: FloatArray,
    usable: BoolArray,
    place: IntArray,
    sign: FloatArray,
    cohort: OutsideCohort,
    n_random: int,
    seed: int,
) -> FloatArray:
    """(n_random, 2) statistic of the score, and share of genes that agree, of random genes."""
    levels = cohort.levels[usable]
    traits = pd.DataFrame({"mean": levels.mean(axis=1), "spread": levels.std(axis=1)}).rank(
        pct=True
    )
    at = np.cumsum(usable) - 1
    pools = nearest_pools(traits, at[place], np.ones(len(traits), dtype=bool))
    if min(len(pool) for pool in pools) < len(pools):
        return np.full((0, 2), np.nan)
    rows = np.flatnonzero(usable)
    drawn = rows[draw_sets(pools, n_random, np.random.default_rng(seed))]
    statistic = np.full(len(z), np.nan)
    once = np.unique(drawn)
    statistic[once] = _cox(z[once], cohort).statistic
    agree = (np.sign(statistic[drawn]) == sign).mean(axis=1)
    size = max(1, _AT_ONCE // (drawn.shape[1] * z.shape[1]))
    scores = [
        np.einsum("k,rkp->rp", sign, z[drawn[i : i + size]]) for i in range(0, n_random, size)
    ]
    return np.column_stack([_cox(np.concatenate(scores), cohort).statistic, agree])


def _predictive(score: FloatArray, cohort: OutsideCohort) -> dict[str, float]:
    """Whether the score's hazard ratio differs between two treatments; NaN with one."""
    if cohort.treatment is None:
        return {"interaction_ratio": np.nan, "interaction_pvalue": np.nan}
    product = (score * (cohort.treatment - cohort.treatment.mean()))[None, :]
    found = _cox(product, cohort, score[:, None])
    return {
        "interaction_ratio": float(np.exp(found.log_hazard_ratio[0])),
        "interaction_pvalue": float(found.pvalue[0]),
    }


def _verdict(facts: Mapping[str, Any]) -> str:
    if facts["pvalue"] <= LEVEL and facts["stat"] < 0:
        return "opposite"
    if facts["one_sided_pvalue"] > LEVEL:
        return "not seen"
    # Without random sets to hold it against, nothing is confirmed.
    return "confirmed" if facts["random_pvalue"] <= LEVEL else "no better than random"


def _words(facts: Mapping[str, Any]) -> str:
    said = (
        f"{SAID[facts['verdict']]}: hazard ratio {facts['hazard_ratio']:.2f}"
        f" ({facts['ci_low']:.2f} to {facts['ci_high']:.2f}) for a score higher by one standard"
        f" deviation, {facts['n_genes']} genes, {facts['n_patients']} patients,"
        f" {facts['n_events']} events, P {facts['pvalue']:.2g}; rank among random genes P"
        f" {facts['random_pvalue']:.2g}; {facts['share_agreeing']:.0%} of the genes have the sign"
        f" expected (P {facts['share_agreeing_pvalue']:.2g} among random genes). "
    )
    if np.isnan(facts["interaction_pvalue"]):
        return said + (
            "This is prognostic as far as one treatment can tell; whether it is predictive of the"
            " benefit of a treatment needs a second one"
        )
    differs = "differs" if facts["interaction_pvalue"] <= LEVEL else "does not differ visibly"
    return said + (
        f"Prognostic is what both treatments share; predictive is the difference: the ratio"
        f" {differs} between them (factor {facts['interaction_ratio']:.2f}, P"
        f" {facts['interaction_pvalue']:.2g}), where treatment was not drawn by lot a difference"
        " may be that of the patients"
    )


def _header(
    facts: Mapping[str, Any], cohort: OutsideCohort, mark: str, worse: int
) -> dict[str, str]:
    stated = ASSAYS["expression"].sign(mark)
    beside = ", ".join(map(str, cohort.covariates.columns))
    side = "first" if worse > 0 else "second"
    return {
        "outcome": facts["words"],
        "outside cohort": cohort.about,
        "stated in advance": f"the {side} side of the contrast is the group of worse outcome;"
        f" expression {'falls' if stated < 0 else 'rises'} where {mark or 'the mark'} is gained"
        + ("" if stated else " (nothing is stated of this mark, so it is taken to go along)")
        + "; more of a gene that is higher there goes with earlier progression",
        "test": "Cox's score test (tail of exchanged residuals) of standardised log2 levels"
        + (f", beside {beside}" if beside else "")
        + (", strata of their own" if cohort.strata is not None else "")
        + f"; {N_RANDOM} sets of random genes of the same mean level and spread (Venet et al."
        " 2011)",
        "wording": "an association in a group of patients, and no statement about a patient",
    }
