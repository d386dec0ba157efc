"""The called genes in an outside cohort: told where planted, not as random genes do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.mechanism.cohort_files import CohortColumns, read_cohort
from resist_epi.mechanism.outcome import SAID, OutcomeResult, outcome_of_genes
from resist_epi.schema import SURVIVAL, SURVIVAL_SUMMARY, names
from tests.support.builders import regions
from tests.support.outside_cohort import write_outside_cohort


def level(mark: str = "H3K36me3", *, called: int = 20, sign: float = 1.0) -> GeneLevel:
    table = regions(400, width=100_000)
    change = np.where(np.arange(400) < called, sign, 0.0)
    padj = np.where(np.arange(400) < called, 0.001, 0.9)
    table = table.assign(baseMean=1.0, log2FoldChange=change, stat=5 * change, df=np.inf, padj=padj)
    return GeneLevel(table.assign(pvalue=padj, direction="none"), mark=mark)


def asked(folder: Path, own: GeneLevel, columns: CohortColumns | None = None, **planted: float):
    effect = planted.pop("effect", 0.0)
    files = write_outside_cohort(folder, effect, **planted)  # type: ignore[arg-type]
    return outcome_of_genes(own, read_cohort(*files, columns), n_random=300)


def row(found: OutcomeResult) -> pd.Series:
    return found.summary.iloc[0]


def test_a_planted_relation_is_confirmed_with_its_hazard_ratio(tmp_path: Path) -> None:
    found = asked(tmp_path, level(), effect=0.7)
    own = row(found)
    assert list(found.summary) == names(SURVIVAL_SUMMARY)
    assert list(found.genes) == names(SURVIVAL)
    assert own["verdict"] == "confirmed"
    assert own["ci_low"] < 2.0 < own["ci_high"] * 1.1  # exp(.7), of a score with some noise
    assert own["random_pvalue"] <= 0.01
    assert (found.genes["agrees"] == "yes").mean() > 0.8
    assert "prognostic as far as one treatment can tell" in own["words"]
    assert "needs a second one" in own["words"]


@pytest.mark.parametrize(("mark", "sign"), [("H3K27me3", -1.0), ("H3K4me3", 1.0), ("ER", 1.0)])
def test_signs_follow_the_mark(tmp_path: Path, mark: str, sign: float) -> None:
    own = row(asked(tmp_path, level(mark, sign=sign), effect=0.7))
    assert own["verdict"] == "confirmed"
    (tmp_path / "b").mkdir()
    turned = row(asked(tmp_path / "b", level(mark, sign=-sign), effect=0.7))
    assert turned["verdict"] == "opposite"
    assert turned["hazard_ratio"] == pytest.approx(1 / own["hazard_ratio"])


def test_null_cohorts_are_not_confirmed(tmp_path: Path) -> None:
    verdicts = []
    for seed in range(20):
        (tmp_path / str(seed)).mkdir()
        verdicts.append(row(asked(tmp_path / str(seed), level(), seed=seed))["verdict"])
    assert sum(v == "confirmed" for v in verdicts) <= 3  # 5 % of 20, two s.e. above
    assert set(verdicts) <= set(SAID)


def test_what_all_genes_tell_is_no_confirmation(tmp_path: Path) -> None:
    own = row(asked(tmp_path, level(), proliferation=0.8))
    assert own["pvalue"] < 0.01
    assert own["verdict"] == "no better than random"
    (tmp_path / "b").mkdir()
    columns = CohortColumns(adjust=("proliferation",))
    beside = row(asked(tmp_path / "b", level(), columns, proliferation=0.8))
    assert beside["verdict"] == "not seen"


def test_predictive_is_the_difference_between_treatments(tmp_path: Path) -> None:
    columns = CohortColumns(adjust=("age",), strata="site", treatment="treatment")
    own = row(asked(tmp_path, level(), columns, effect=1.0, by_treatment=True))
    assert own["interaction_pvalue"] < 0.05
    assert own["interaction_ratio"] > 1.2
    assert "predictive is the difference: the ratio differs" in own["words"]
    (tmp_path / "b").mkdir()
    same = row(asked(tmp_path / "b", level(), columns, effect=0.7))
    assert same["interaction_pvalue"] > 0.01


def test_the_score_test_is_coxs(tmp_path: Path) -> None:
    """Against statsmodels, of the score beside age within sites."""
    from statsmodels.duration.hazard_regression import PHReg

    files = write_outside_cohort(tmp_path, 0.5)
    cohort = read_cohort(*files, CohortColumns(adjust=("age",), strata="site"))
    own = row(outcome_of_genes(level(), cohort, n_random=10))
    z = cohort.levels[:20]
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    score = z.mean(axis=0)
    X = np.column_stack([score / score.std(), cohort.covariates["age"]])
    fitted = PHReg(cohort.time, X, cohort.event, strata=cohort.strata, ties="efron").fit()
    assert own["hazard_ratio"] == pytest.approx(np.exp(fitted.params[0]), rel=1e-4)


def test_too_few_called_genes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="1 of 1 called genes"):
        asked(tmp_path, level(called=1))


def test_a_score_that_cannot_be_tested_confirms_nothing(tmp_path: Path) -> None:
    files = write_outside_cohort(tmp_path, 0.7)
    table = pd.read_csv(files[1])
    table.assign(lone=[f"c{i}" for i in range(len(table))]).to_csv(files[1], index=False)
    cohort = read_cohort(*files, CohortColumns(strata="lone"))
    with pytest.raises(DesignError, match="no two patients are left to compare"):
        outcome_of_genes(level(), cohort, n_random=100)
