"""Settings that no cohort can have are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resist_epi.errors import DesignError
from tests.support.small_cohort import SMALL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"good": -1}, "good and poor"),
        ({"marks": ("H3K9me3",)}, "marks must be"),
        ({"fragments": 0.0}, "fragments must be"),
        ({"chromosomes": ()}, "at least one chromosome"),
        ({"batches": 0}, "batches"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        replace(SMALL, **change)  # type: ignore[arg-type]
