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
