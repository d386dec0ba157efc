"""What is called of a mark is counted in its tables, each number by its own name."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.report.differs import mark_differs
from tests.support.report_tables import CALLED, mark_of, results, sheet


def test_calls_of_other_regions_are_told_where_the_main_ones_are_quiet() -> None:
    peaks = sheet(results(60))
    loud = mark_of("H3K27me3", {"promoters": sheet(results(200)), "peaks": peaks})
    assert mark_differs(loud).endswith(f"; also at {CALLED} consensus peaks")
    main = sheet(results(200).assign(direction="none"))
    said = mark_differs(mark_of("H3K27me3", {"promoters": main, "peaks": peaks}))
    assert f"none of 195 promoters tested, but at {CALLED} consensus peaks, at a" in said


def test_one_region_elsewhere_is_one() -> None:
    one = results(60)
    one["direction"] = np.where(np.arange(60) < 1, "gain", "none")
    mark = mark_of("H3K27me3", {"promoters": sheet(results(200)), "genes": sheet(one)})
    assert mark_differs(mark).endswith("; also at 1 gene body")


@pytest.mark.parametrize(
    ("n", "sure", "words"),
    [
        (1, 1, "; with high confidence"),
        (1, 0, "; not with high confidence"),
        (3, 3, "; all with high confidence"),
        (3, 0, "; none of the 3 with high confidence"),
    ],
)
def test_confidence_is_a_sentence_of_any_number(n: int, sure: int, words: str) -> None:
    at = np.arange(200)
    table = results(200).assign(high_confidence=at < sure)
    table["direction"] = np.where(at < n, "gain", "none")
    assert mark_differs(mark_of("H3K27me3", {"promoters": sheet(table)})).endswith(words)


def test_loci_where_calls_lie_are_not_those_that_are_called() -> None:
    table = results(200).assign(locus_id=[f"locus{i // 2}" for i in range(200)])

    def said(called: int) -> str:
        facts = {"loci": {"called": called}}
        return mark_differs(mark_of("H3K27me3", {"promoters": sheet(table, **facts)}))

    assert f", at {CALLED // 2} loci; whether" in said(CALLED // 2)
    assert f", at {CALLED // 2} loci (3 when each locus is tested once); whether" in said(3)
