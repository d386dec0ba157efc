"""A mark from its tracks to its tables, as far as that is not done yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.io.parts import Parts
from resist_epi.io.progress import begin
from resist_epi.io.run_folder import as_in_run, run_path
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import Analysis
from resist_epi.schema import Kind
from resist_epi.study.ledger import Ledger
from resist_epi.study.steps.count_mark import count_mark
from resist_epi.study.steps.dna import count_controls_of_mark
from resist_epi.study.steps.domains import mark_windows
from resist_epi.study.steps.mark_tests import run_tests
from resist_epi.study.study import Study, mark_kinds


def run_mark(
    study: Study,
    mark: str,
    ledger: Ledger,
    keys: Mapping[str, str],
    progress: Callable[[str], None] | None,
) -> list[Analysis] | None:
    """Count, test and link one mark, as far as that is not done yet.

    Returns
    -------
    list of Analysis or None
        Of the regions that speak for the mark's genes, a contrast each; None where it was tested
        before.
    """
    done = {step: ledger.is_done(step) for step in keys}
    if all(done.values()):
        return None
    out, tests, shares = ledger.folder, f"tests {mark}", f"shares {mark}"
    paths: dict[Kind, Path] = {
        kind: run_path(out, "counts", mark, kind) for kind in mark_kinds(study, mark)
    }
    of_shares = run_path(out, "shares", mark)
    missing = [kind for kind in paths if not done[f"counts {mark}.{kind}"]]
    counts: dict[Kind, CountMatrix] = {}
    if missing or not done[shares]:
        parts = Parts(run_path(as_in_run(out), "parts"))
        begin(progress, f"counting {mark}", len(study.sheet.for_mark(mark).samples))
        # All kinds, also those that are there: only so the parts that shards have counted fit.
        counted = count_mark(
            study, mark, list(paths), study.consensus[mark], parts=parts, progress=progress
        )
        counts |= counted.matrices
        for kind in missing:
            write_counts(paths[kind], counted.matrices[kind])
            ledger.record(f"counts {mark}.{kind}", keys[f"counts {mark}.{kind}"], [paths[kind]])
        if not done[shares]:
            write_table(of_shares, counted.shares)
            ledger.record(shares, keys[shares], [of_shares])
        parts.remove()
    begin(progress, f"testing {mark}")
    ordered = {
        kind: counts[kind] if kind in counts else read_counts(path) for kind, path in paths.items()
    }
    count_controls_of_mark(study, mark, ledger, keys, ordered, progress)
    windows = mark_windows(study, mark, ledger, keys, progress)
    if done[tests]:
        return None
    found = run_tests(study, mark, ordered, read_table(of_shares), out, windows=windows)
    ledger.record(tests, keys[tests], found.written)
    return found.mains
