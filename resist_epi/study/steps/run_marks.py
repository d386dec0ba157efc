"""The marks of a study from their tracks to their tables, as far as that is not done yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.domains.stored_bins import Bins, close_bins, few_enough, open_bins
from resist_epi.genes.builtin import load_symbols
from resist_epi.genes.covariates import gene_covariates
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
from resist_epi.study.steps.stored_counts import StoredCounts
from resist_epi.study.study import Study, mark_kinds
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

Progress = Callable[[str], None] | None


def run_marks(
    study: Study, keys: Mapping[str, Mapping[str, str]], ledger: Ledger, progress: Progress
) -> dict[str, list[Analysis]]:
    """Count, test and link every mark, as far as that is not done yet.

    With several processes all marks are counted first; then their windows are found side by side,
    and then they are tested so, each by a process that reads its counts from the folder: none holds
    those of two marks.

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
    in_one = _in_one_process(study)
    _find_windows(in_one, steps, progress, jobs=study.settings.jobs)
    begin(progress, f"testing {' and '.join(untested)}", len(untested))

    def note(mark: str, made: MarkTests) -> None:
        found[mark] = steps[mark].record_tests(made)
        if progress is not None:
            progress(f"{mark}: tested")

    _read_genes(study)
    work = _TestFromFolder(in_one, ledger.folder)
    run_tasks(work, {mark: mark for mark in untested}, jobs=study.settings.jobs, done=note)
    return {mark: found[mark] for mark in untested}


def _find_windows(
    study: Study, steps: Mapping[str, MarkSteps], progress: Progress, *, jobs: int
) -> None:
    """Count every mark, and find the windows of all whose bins were kept side by side."""
    kept: dict[str, KeptCounts] = {}
    for mark, own in steps.items():
        bins = own.count(progress).kept  # the matrices are read again, not held meanwhile
        if bins is not None:
            kept[mark] = bins
    missing = [mark for mark in kept if steps[mark].lacks_windows]
    if missing:
        begin(progress, f"finding windows of {' and '.join(missing)}", len(missing))

    def note(mark: str, written: list[Path]) -> None:
        steps[mark].record_windows(written)
        if progress is not None:
            progress(f"{mark}: windows found")

    out = next(iter(steps.values())).ledger.folder
    tasks = {mark: (mark, kept[mark]) for mark in missing}
    run_tasks(_WindowsFromFolder(study, out), tasks, jobs=jobs, done=note)
    for own_kept in kept.values():
        own_kept.parts.remove()


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
        windows = None
        if counted.kept is not None:
            if self.lacks_windows:
                windows = self.find_windows(counted.kept, progress)
            counted.kept.parts.remove()
        if self.tested:
            return None
        if windows is not None and not few_enough(windows):
            windows = None  # read again, a few at a time
        begin(progress, f"testing {self.mark}")
        counts = counted.counts
        del counted  # so that the tests may let go of what is large
        made = _test(self.study, self.mark, self.ledger.folder, counts, windows)
        return self.record_tests(made)

    def record_tests(self, made: MarkTests) -> list[Analysis]:
        """Note that the mark is tested; its analyses, a contrast each."""
        self.ledger.record(f"tests {self.mark}", self.keys[f"tests {self.mark}"], made.written)
        return made.mains

    @property
    def lacks_windows(self) -> bool:
        """Whether the windows of the mark's domains are still to be found."""
        return not self.done.get(f"windows {self.mark}", True)

    def find_windows(self, kept: KeptCounts, progress: Progress) -> CountMatrix:
        """Find the windows of the mark's domains, where it was counted."""
        windows, written = mark_windows(self.study, self.mark, self.ledger.folder, kept, progress)
        self.record_windows(written)
        return windows

    def record_windows(self, written: list[Path]) -> None:
        """Note that the windows of the mark's domains are found."""
        step = f"windows {self.mark}"
        self.ledger.record(step, self.keys[step], written)

    def count(self, progress: Progress) -> _Counted:
        """Count the mark and its controls, as far as not done yet.

        What was kept of each file stays where windows are made of it.
        """
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
        if kept is None:
            parts.remove()
        return _Counted(counts, kept)

    def _count_files(
        self, paths: Mapping[Kind, Path], parts: Parts, progress: Progress
    ) -> tuple[dict[Kind, CountMatrix], KeptCounts | None]:
        """Matrices of every kind, and where bins are kept; none where all is there."""
        study, mark, out, ledger = self.study, self.mark, self.ledger.folder, self.ledger
        missing = [kind for kind in paths if not self.done[f"counts {mark}.{kind}"]]
        shares = f"shares {mark}"
        if not missing and self.done[shares] and not self.lacks_windows:
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
    """What counting a mark leaves: counts as far as they are in memory, and bins that were kept."""

    counts: dict[Kind, CountMatrix] = field(default_factory=dict)
    kept: KeptCounts | None = None


@dataclass(frozen=True)
class _WindowsFromFolder:
    """Finds the windows of a mark that was counted, in a process of its own."""

    study: Study
    out: Path

    def __call__(self, task: tuple[str, KeptCounts]) -> list[Path]:
        mark, kept = task
        return mark_windows(self.study, mark, self.out, kept)[1]


@dataclass(frozen=True)
class _TestFromFolder:
    """Tests a mark that was counted, in a process of its own."""

    study: Study
    out: Path

    def __call__(self, mark: str) -> MarkTests:
        return _test(self.study, mark, self.out, {})


def _test(
    study: Study,
    mark: str,
    out: Path,
    counted: dict[Kind, CountMatrix],
    windows: Bins | None = None,
) -> MarkTests:
    counts = StoredCounts(_paths(study, mark, out), counted)
    if windows is None and preset(mark).broad:
        windows = open_bins(run_path(out, "counts", mark, "windows"))
    shares = read_table(run_path(out, "shares", mark))
    try:
        return run_tests(study, mark, counts, shares, out, windows=windows)
    finally:
        if windows is not None:
            close_bins(windows)


def _read_genes(study: Study) -> None:
    """What every mark asks of genes and their names: kept for the processes that are forked."""
    load_symbols()
    gene_covariates(study.reference)
    for annotation in (study.reference.annotation, study.reference.linked):
        annotation.promoters()


def _paths(study: Study, mark: str, out: Path) -> dict[Kind, Path]:
    return {kind: run_path(out, "counts", mark, kind) for kind in mark_kinds(study, mark)}


def _in_one_process(study: Study) -> Study:
    return replace(study, settings=study.settings.model_copy(update={"jobs": 1}))
