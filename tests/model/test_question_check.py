"""A question is held against itself before any file is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.model.question_check import check_question
from resist_epi.samples.question import Question
from tests.support.builders import matrix, sheet


def test_names_that_are_none_are_refused_with_the_closest() -> None:
    with pytest.raises(DesignError, match=r"unknown method 'wilcoxen'.* Did you mean 'wilcoxon'"):
        check_question(Question(method="wilcoxen"))
    with pytest.raises(DesignError, match=r"unknown normalisation 'TMMX'.* Did you mean 'tmm'"):
        check_question(Question(normalize="TMMX"))
    check_question(Question(method="cox", strata="Batch"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--normalize", "geo"], "unknown normalisation 'geo'"),
        (["--method", "voomm"], "Did you mean 'voom'?"),
        (["--method", "cox", "--contrast", "a-b"], "takes no contrast"),
        (["--design", ""], "expected a design such as '~ Condition' (--design)"),
        (["--block", "Patient", "--carriers", "c.tsv"], "independent units, not blocks"),
        (["--fold-changes-only", "--carriers", "c.tsv"], "a contrast that can be tested"),
    ],
)
def test_diff_says_so_before_it_reads(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there_is_none = str(tmp_path / "none.parquet")
    assert main(["diff", there_is_none, *options, "-o", str(tmp_path / "r.tsv")]) == 1
    assert message in capsys.readouterr().err


def test_the_default_can_do_what_is_asked_for_besides() -> None:
    rng = np.random.default_rng(1)
    counts = matrix(rng.poisson(50, size=(80, 8)).astype(float), quantity="reads")
    rows = sheet(["good", "poor"] * 4, Lot=list("11223344"))
    assert analyse(counts, rows).question.method == "ql"
    blocked = analyse(counts, rows, block="Lot")
    assert blocked.question.method == "voom"
    assert "ql would take no blocks" in blocked.header["method"]
    assert analyse(counts, rows, lfc_threshold=0.5).question.method == "ql"
    with pytest.raises(DesignError, match="baseline hazards are for --method cox"):
        analyse(counts, rows, strata="Lot")


def test_blocks_keep_units_apart_in_what_normalising_reads_too() -> None:
    values = matrix(np.random.default_rng(1).lognormal(5, 0.3, size=(80, 8)))
    rows = sheet(["good"] * 4 + ["poor"] * 4, Patient=list("aabbccdd"), Lot=list("12121212"),
                 SizeFactor=["1", "2"] * 4)  # fmt: skip
    inputs = normalization_inputs(values, rows)
    analysis = analyse(values, rows, block="Lot", normalize="given", inputs=inputs)
    assert analysis.matrix.size_factors is not None
    np.testing.assert_allclose(analysis.matrix.size_factors, [1, 2] * 4)
