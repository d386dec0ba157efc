"""Mark and assay over the patients that both have."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.mechanism.assays import Evidence
from resist_epi.mechanism.evidence import join_evidence
from resist_epi.mechanism.patients import patient_correlation, with_contrast
from resist_epi.model.analysis import analyse
from tests.support.evidence import EXPRESSION, patients


def correlated(follow: float, sign: int = -1) -> dict[str, float]:
    counts, own, both = patients(follow)
    analysis = analyse(counts, own)
    tested = with_contrast(both, analysis.units, formula="~ Condition", contrast=None)
    joined = join_evidence(analysis.results, tested, mark="H3K27me3")
    rows = np.arange(len(joined))
    return patient_correlation(
        joined, tested, analysis.fit, analysis.units, rows=rows, sign=sign, n_permutations=99
    )[1]


def test_the_contrast_of_levels_is_that_of_the_mark() -> None:
    _, own, both = patients(0.0)
    tested = with_contrast(both, own, formula="~ Condition", contrast="poor-good")
    effect = tested.effects["effect"].to_numpy()
    assert effect[:30].mean() == pytest.approx(-2, abs=0.2)
    assert (tested.effects["pvalue"].to_numpy()[:30] < 0.05).mean() > 0.6
    assert 0.01 < (tested.effects["pvalue"].to_numpy()[30:] < 0.05).mean() < 0.1
    assert "poor minus good" in tested.source


def test_patients_correlate_beside_the_groups_only_where_they_do() -> None:
    follows, nothing = correlated(0.8), correlated(0.0)
    assert follows["median_correlation"] < -0.5
    assert follows["pvalue"] == pytest.approx(0.01)
    assert abs(nothing["median_correlation"]) < 0.15  # the groups' own difference is taken out
    assert nothing["pvalue"] > 0.05


def test_too_few_shared_patients() -> None:
    _, own, both = patients(0.0)
    assert both.values is not None
    few = Evidence(EXPRESSION, both.effects, both.values[["P0", "P1", "P7"]], "levels")
    with pytest.raises(DesignError, match="share 3 patients"):
        with_contrast(few, own, formula="~ Condition", contrast=None)
