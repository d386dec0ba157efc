"""A question is held against itself before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError
from resist_epi.model.question_check import check_question
from resist_epi.samples.question import Question


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
