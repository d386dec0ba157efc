"""Cross-checks are scipy's tests and adjust for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from tests.support.builders import planted, sheet


def groups(per_group: int) -> list[str]:
    return ["good"] * per_group + ["poor"] * per_group


def test_cross_checks_agree_with_scipy_and_adjust_for_nothing() -> None:
    made = planted(n=40, per_group=8)
    rows = sheet(groups(8), Batch=[str(i % 2) for i in range(16)])
    analysis = analyse(made, rows, method="welch")
    level = analysis.fit.linear.response
    expected = stats.ttest_ind(level[:, 8:], level[:, :8], axis=1, equal_var=False)
    np.testing.assert_allclose(analysis.results["pvalue"], expected.pvalue, rtol=1e-9)
    ranks = analyse(made, rows, method="wilcoxon").results
    u = stats.mannwhitneyu(level[:, 8:], level[:, :8], axis=1, method="exact")
    np.testing.assert_allclose(ranks["pvalue"], u.pvalue, rtol=1e-9)
    assert ranks["lfcSE"].isna().all()
    with pytest.raises(DesignError, match="adjusts for nothing"):
        analyse(made, rows, method="welch", formula="~ Batch + Condition")


@pytest.mark.parametrize(
    ("per_group", "said"),
    [
        (3, "smallest P for 3 against 3 units is 0.1, above the level of 0.05: no region can be"),
        (5, "unless at least 64 of them have it"),
        (10, None),
    ],
)
def test_wilcoxon_says_what_it_cannot_reach(per_group, said, caplog) -> None:
    made = planted(n=400, per_group=per_group)
    analysis = analyse(made, sheet(groups(per_group)), method="wilcoxon")
    cautions = analysis.header.get("design warnings", [])
    if said is None:
        assert not cautions
        return
    assert [said in text for text in cautions] == [True]
    assert said in caplog.text
    assert (analysis.results["direction"] == "none").all()
    if per_group == 3:  # the P that is told is the P that the test has
        assert analysis.results["pvalue"].min() == pytest.approx(0.1)
