"""What the record of a test says is asked of it, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model import differential
from resist_epi.model.analysis import analyse
from resist_epi.report.words import change_in_words
from resist_epi.samples.design import Contrast, Design, make_contrast
from tests.support.builders import planted, sheet
from tests.support.toys import GROUPS, TOY


def test_cox_takes_no_blocks_and_only_cox_takes_strata() -> None:
    """Either was ignored once, while the header said that it had been used."""
    rows = sheet(
        GROUPS,
        Site=["1", "2"] * 4,
        TimeToProgression=[1.0, 2, 3, 4, 5, 6, 7, 8],
        Progressed=[1] * 8,
    )
    with pytest.raises(DesignError, match="cox has no random effects; use --method trend or voom"):
        analyse(planted(), rows, method="cox", block="Site")
    with pytest.raises(DesignError, match="trend has no baseline hazards; use --method cox"):
        analyse(planted(), rows, method="trend", strata="Site")


def test_a_method_may_have_a_question_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def level(design: Design) -> Contrast:
        found = make_contrast(design, None) if "Condition" in design.variables else None
        assert found is None  # by default it adjusts for nothing
        return Contrast("level", np.ones(1), "level above 1", np.ones(8, dtype=bool))

    own = replace(TOY, own_contrast=level, effect="level", gain="more than 1")
    monkeypatch.setitem(differential.METHODS, "toy", own)
    analysis = analyse(planted(), sheet(GROUPS), method="toy")
    assert analysis.contrast.words == "level above 1"
    assert analysis.design.formula == "~ 1"
    assert change_in_words(analysis.facts) == ("level", "more than 1")
    with pytest.raises(DesignError, match="toy has a question of its own and takes no contrast"):
        analyse(planted(), sheet(GROUPS), method="toy", contrast="poor-good")
