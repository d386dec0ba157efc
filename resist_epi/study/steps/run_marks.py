"""The marks of a study from their tracks to their tables, as far as that is not done yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.io.parts import Parts
from resist_epi.io.progress import begin
from resist_epi.io.run_folder import as_in_run, run_path
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import Analysis
from resist_epi.samples.presets import preset
from resist_epi.schema import Kind
from resist_epi.study.ledger import Ledger
from resist_epi.study.steps.count_mark import KeptCounts, count_mark
from resist_epi.study.steps.dna import count_controls_of_mark
from resist_epi.study.steps.domains import mark_windows
from resist_epi.study.steps.mark_tests import MarkTests, run_tests
from resist_epi.study.study import Study, mark_kinds
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

Progress = Callable[[str], None] | None


def run_marks(
    study: Study, keys: Mapping[str, Mapping[str, str]], ledger: Ledger, progress: Progress
) -> dict[str, list[Analysis]]:
    """Count, test and link every mark, as far as that is not done yet.

    With several processes all marks are counted first, and then tested side by side, each by a
    process that reads its counts from the folder: none holds those of two marks.

    Parameters
    ----------
    keys
        Mark -> step -> digest.

    Returns
    -------
    dict of str to list of Analysis
        Mark -> analyses of the regions that speak for its genes, a contrast each; without the
        marks that were tested before.
    """
    steps = {mark: MarkSteps.find(study, mark, keys[mark], ledger) for mark in keys}
    untested = [mark for mark, own in steps.items() if not own.tested]
    found: dict[str, list[Analysis]] = {}
    if study.settings.jobs < 2 or len(untested) < 2:
        for mark, own in steps.items():
            made = own.run(progress)
            if made is not None:
                found[mark] = made
        return found
    for own in steps.values():
        own.count(progress)
    begin(progress, f"testing {' and '.join(untested)}", len(untested))

    def note(mark: str, made: MarkTests) -> None:
        found[mark] = steps[mark].record_tests(made)
        if progress is not None:
            progress(f"{mark}: tested")

    work = _TestFromFolder(_in_one_process(study), ledger.folder)
    run_tasks(work, {mark: mark for mark in untested}, jobs=study.settings.jobs, done=note)
    return {mark: found[mark] for mark in untested}


@dataclass(frozen=True)
class MarkSteps:
    """The steps of one mark of a run, and which of them are done.

    Attributes
    ----------
    keys
        Step -> digest.
    done
        Step -> whether its outputs are there.
    """

    study: Study
    mark: str
    keys: Mapping[str, str]
    ledger: Ledger
    done: Mapping[str, bool]

    @classmethod
    def find(cls, study: Study, mark: str, keys: Mapping[str, str], ledger: Ledger) -> MarkSteps:
        """Look which steps are done."""
        logger.info("%s: %d libraries", mark, len(study.sheet.for_mark(mark).samples))
        return cls(study, mark, keys, ledger, {step: ledger.is_done(step) for step in keys})

    @property
    def tested(self) -> bool:
        """Whether the mark was tested before."""
        return self.done[f"tests {self.mark}"]

    def run(self, progress: Progress) -> list[Analysis] | None:
        """Count, test and link the mark, as far as that is not done yet.

        Returns
        -------
        list of Analysis or None
            Of the regions that speak for the mark's genes, a contrast each; None where it was
            tested before.
        """
        counted = self.count(progress)
        if self.tested:
            return None
        begin(progress, f"testing {self.mark}")
        return self.record_tests(_test(self.study, self.mark, self.ledger.folder, counted))

    def record_tests(self, made: MarkTests) -> list[Analysis]:
        """Note that the mark is tested; its analyses, a contrast each."""
        self.ledger.record(f"tests {self.mark}", self.keys[f"tests {self.mark}"], made.written)
        return made.mains

    def count(self, progress: Progress) -> _Counted:
        """Count the mark, its controls and the windows of its domains, as far as not done yet."""
        if all(self.done.values()):
            return _Counted()
        study, mark, out = self.study, self.mark, self.ledger.folder
        paths = _paths(study, mark, out)
        parts = Parts(run_path(as_in_run(out), "parts"))
        counts, kept = self._count_files(paths, parts, progress)
        # Kinds whose controls are used and not counted yet.
        without = [k for k in paths if not self.done.get(f"inputs {mark}.{k}", True)]
        if without:
            counts |= {k: read_counts(paths[k]) for k in without if k not in counts}
            own = {k: counts[k] for k in without}
            count_controls_of_mark(study, mark, self.ledger, self.keys, own, progress)
        windows = None
        if not self.done.get(f"windows {mark}", True):
            windows = mark_windows(study, mark, self.ledger, self.keys, kept, progress)
        parts.remove()
        return _Counted(counts, windows)

    def _count_files(
        self, paths: Mapping[Kind, Path], parts: Parts, progress: Progress
    ) -> tuple[dict[Kind, CountMatrix], KeptCounts | None]:
        """Matrices of every kind, and where bins are kept; none where all is there."""
        study, mark, out, ledger = self.study, self.mark, self.ledger.folder, self.ledger
        missing = [kind for kind in paths if not self.done[f"counts {mark}.{kind}"]]
        shares = f"shares {mark}"
        windows = not self.done.get(f"windows {mark}", True) and study.sources[mark].are_tracks
        if not missing and self.done[shares] and not windows:
            return {}, None
        begin(progress, f"counting {mark}", len(study.sheet.for_mark(mark).samples))
        # All kinds, also those that are there: only so the parts that shards have counted fit.
        counted = count_mark(
            study, mark, list(paths), study.consensus[mark], parts=parts, progress=progress
        )
        for kind in missing:
            step = f"counts {mark}.{kind}"
            write_counts(paths[kind], counted.matrices[kind])
            ledger.record(step, self.keys[step], [paths[kind]])
        if not self.done[shares]:
            path = run_path(out, "shares", mark)
            write_table(path, counted.shares)
            ledger.record(shares, self.keys[shares], [path])
        return counted.matrices, counted.kept


@dataclass(frozen=True)
class _Counted:
    """What a mark's tests read, as far as it is in memory."""

    counts: Mapping[Kind, CountMatrix] = field(default_factory=dict)
    windows: CountMatrix | None = None


@dataclass(frozen=True)
class _TestFromFolder:
    """Tests a mark that was counted, in a process of its own."""

    study: Study
    out: Path

    def __call__(self, mark: str) -> MarkTests:
        return _test(self.study, mark, self.out, _Counted())


def _test(study: Study, mark: str, out: Path, counted: _Counted) -> MarkTests:
    paths, windows = _paths(study, mark, out), counted.windows
    counts = {k: counted.counts[k] if k in counted.counts else read_counts(p)
              for k, p in paths.items()}  # fmt: skip
    if windows is None and preset(mark).broad:
        windows = read_counts(run_path(out, "counts", mark, "windows"))
    shares = read_table(run_path(out, "shares", mark))
    return run_tests(study, mark, counts, shares, out, windows=windows)


def _paths(study: Study, mark: str, out: Path) -> dict[Kind, Path]:
    return {kind: run_path(out, "counts", mark, kind) for kind in mark_kinds(study, mark)}


def _in_one_process(study: Study) -> Study:
    return replace(study, settings=study.settings.model_copy(update={"jobs": 1}))
