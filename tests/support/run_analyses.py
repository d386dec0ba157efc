"""A run that keeps what it writes: the analyses of every kind, to hold others against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resist_epi.model.analysis import Analysis
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps import mark_tests


@dataclass
class KeptRun:
    """A run's settings and folder, and its analyses by mark and kind, a contrast each."""

    settings: StudySettings
    out: Path
    analyses: dict[tuple[str, str], list[Analysis]] = field(default_factory=dict)


def keep_run(settings: StudySettings, out: Path) -> KeptRun:
    """Run a study without a report, and keep the analyses that its tables are written from."""
    kept = KeptRun(settings, out)
    results, domains = mark_tests._write_results, mark_tests.write_domain_tests

    def write_results(study: Any, analyses: Mapping[str, Analysis], outputs: Any) -> None:
        for kind, analysis in analyses.items():
            kept.analyses.setdefault((outputs.mark, kind), []).append(analysis)
        results(study, analyses, outputs)  # type: ignore[arg-type]

    def write_domains(study: Any, mark: str, analysis: Analysis, outputs: Any) -> Any:
        kept.analyses.setdefault((mark, "domains"), []).append(analysis)
        return domains(study, mark, analysis, outputs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mark_tests, "_write_results", write_results)
        patch.setattr(mark_tests, "write_domain_tests", write_domains)
        run_study(settings, out, report=False)
    return kept


def assert_same(found: Analysis, written: Analysis) -> None:
    """To the last bit: results, counts, sentences and facts.

    A run reads the peaks of all marks and says so in one line, and names its own counts in bins.
    """
    pd.testing.assert_frame_equal(found.results, written.results, check_exact=True)
    assert found.matrix.values.tobytes() == written.matrix.values.tobytes()
    assert _less_places(found.matrix.metadata) == _less_places(written.matrix.metadata)
    assert _less_places(found.header) == _less_places(written.header)
    assert found.facts == written.facts
    differing = found.question.differences(written.question)
    assert set(differing) <= {"background"}


def _less_places(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in ("places", "chromosomes")}
