"""Citations are numbered as they come."""

from __future__ import annotations

from resist_epi.report.references import Citations
from resist_epi.stats.literature import SMYTH_2004, WU_2012


def test_citations_are_numbered_as_they_come() -> None:
    citations = Citations()
    assert citations.cite(WU_2012) == " [1]"
    assert citations.cite(SMYTH_2004, WU_2012) == " [1,2]"
    assert citations.cite() == ""
    assert [r.authors for r in citations.references] == ["Wu D, Smyth GK", "Smyth GK"]
