"""Settings of domains that do not fit one another are refused."""

from __future__ import annotations

import pytest

from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import InputFormatError


@pytest.mark.parametrize(
    "wrong",
    [
        {"sizes": ()},
        {"sizes": (700,)},
        {"fold": 0.5},
        {"gap": -1},
        {"max_width": 9000},
        {"step": 0},
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputFormatError, match="domains cannot be found"):
        DomainSettings(**wrong)  # type: ignore[arg-type]
