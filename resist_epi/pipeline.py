"""`run`: a whole study, from a sheet to a folder of tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.io.digest import step_key
from resist_epi.io.lock import folder_lock
from resist_epi.io.parts import Parts
from resist_epi.io.processors import allowed_processors
from resist_epi.io.progress import begin
from resist_epi.io.remote.origin import shown_address
from resist_epi.io.run_folder import contrast_folder, run_path
from resist_epi.io.run_log import run_log
from resist_epi.io.store import partial_name, refuse_linked_folders, unwritable, write_text
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.analysis import Analysis
from resist_epi.model.question_check import check_joint
from resist_epi.report.page import write_report
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.schema import Kind
from resist_epi.study.check import check_study
from resist_epi.study.check_chromosomes import Beside
from resist_epi.study.check_question import check_asked, contrast_labels
from resist_epi.study.given_files import GivenFiles, StudyContext, check_given_files
from resist_epi.study.ledger import Inputs, Ledger, file_checksums
from resist_epi.study.lifted import lift_sheet
from resist_epi.study.peaks_study import (
    check_peaks_study,
    load_peaks_study,
    occupancy_keys,
    of_peaks_alone,
)
from resist_epi.study.provenance import Provenance, as_seen_from, record
from resist_epi.study.settings import StudySettings
from resist_epi.study.staged import stage_sheet
from resist_epi.study.steps.between_marks import write_between_marks
from resist_epi.study.steps.count_mark import count_mark
from resist_epi.study.steps.crate import write_crate
from resist_epi.study.steps.dna import (
    copy_number_key,
    count_controls_of_mark,
    with_copy_number_of_study,
)
from resist_epi.study.steps.domains import mark_windows
from resist_epi.study.steps.keys import between_marks_key, mark_keys, multiqc_key, sites_key
from resist_epi.study.steps.mark_tests import run_tests
from resist_epi.study.steps.multiqc import write_multiqc
from resist_epi.study.steps.occupancy import write_occupancy, write_peaks_session
from resist_epi.study.steps.quality import gather_quality
from resist_epi.study.steps.session import write_study_session
from resist_epi.study.steps.sites import write_sites
from resist_epi.study.study import (
    Study,
    input_files,
    load_study,
    mark_kinds,
    named_files,
    stop_on_errors,
)
from resist_epi.study.study_file import write_study
from resist_epi.tracks.looks import LookCache

logger = logging.getLogger(__name__)

REPORT = "report"

BETWEEN_MARKS = "between marks"

SITES = "sites"

MULTIQC = "multiqc"


@dataclass(frozen=True)
class FirstLook:
    """A study's sheet as it was read, once, and the files that must stay as they were since."""

    sheet: SampleSheet
    inputs: Inputs


def look_at_sheet(settings: StudySettings) -> FirstLook:
    """Read the sheet, and note what it and every file named looked like before.

    Raises
    ------
    ResistEpiError
        If the sheet cannot be read.
    """
    inputs = Inputs([settings.sheet])  # before it is read: what is read is never older
    sheet = read_sheet(settings.sheet)
    inputs.add(named_files(sheet, settings))
    return FirstLook(sheet, inputs)


def run_study(
    settings: StudySettings,
    out: str | Path,
    *,
    first: FirstLook | None = None,
    progress: Callable[[str], None] | None = None,
    report: bool = True,
    unlock: bool = False,
    cache: Path | None = None,
) -> Path:
    """Run a study and write its folder, or finish one that stopped.

    Steps whose inputs (by checksum), settings and version are unchanged, and whose outputs are
    there as they were written, are reused; the log says which. What changed is made anew with all
    that depends on it.

    Parameters
    ----------
    settings
        Paths relative to the working directory.
    out
        Folder of the outputs; made if missing.
    first
        The sheet, where it was read before.
    progress
        Called with a line whenever a track was looked at, and whenever it was counted.
    report
        Whether figures and `report.html` are made besides the tables.
    unlock
        Take the folder although another process seems to write it.
    cache
        As of `staged.stage_sheet`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ResistEpiError
        If an input is wrong; what was finished by then stays in the folder.
    """
    out = Path(out)
    # What cannot be read or asked must not touch an earlier run.
    first = look_at_sheet(settings) if first is None else first
    alone = of_peaks_alone(first.sheet)
    if alone:
        check_peaks_study(settings, first.sheet)
    else:
        for question in settings.questions:
            check_asked(first.sheet, question)
        if settings.joint:
            check_joint(settings.question)
    settings.check_files()
    if not alone:
        given = GivenFiles.of_settings(settings)
        check_given_files(given, StudyContext(first.sheet, settings.questions))
    _prepare(out)
    with folder_lock(out, unlock=unlock) as still_ours, run_log(out):
        allowed = allowed_processors()
        logger.debug(
            "%d processes asked for, %d allowed by %s",
            *(settings.jobs, allowed.number, allowed.source),
        )
        checks = (first.inputs.check, still_ours)
        sheet = stage_sheet(first.sheet, cache, progress=progress)
        first.inputs.add(named_files(sheet, settings))
        if alone:
            _run_peaks(settings, sheet, out, checks, progress, report=report)
        else:
            begin(progress, "looking at files", _tracks_of(sheet))
            _run(settings, sheet, out, checks, progress, report=report)
    return out


def _run_peaks(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    checks: Sequence[Callable[[], None]],
    progress: Callable[[str], None] | None,
    *,
    report: bool,
) -> None:
    """Run a study of peaks alone in a folder that is ours."""
    given, sheet = sheet, _lifted(settings, sheet, out)
    findings = check_study(
        settings.sheet,
        sheet=sheet,
        beside=Beside(settings.genome, settings.genes, settings.exclude),
    )
    write_table(run_path(out, "check"), findings)
    stop_on_errors(findings, sheet)
    study = load_peaks_study(settings, sheet)
    write_study(run_path(out, "study"), settings)
    inputs = file_checksums(list(dict.fromkeys(named_files(given, settings))))
    inputs |= file_checksums([p for p in named_files(sheet, settings) if str(p) not in inputs])
    provenance = _recorded(settings, inputs, out)
    steps = occupancy_keys(study, inputs)
    steps |= _last_keys(steps, provenance, findings.to_csv(), report=report)
    ledger = Ledger(out, checks=checks)
    ledger.open(steps)
    for mark in study.sheet.marks:
        step = f"occupancy {mark}"
        if not ledger.is_done(step):
            ledger.record(step, steps[step], write_occupancy(study, mark, out))
        if progress is not None:
            progress(f"{mark}: occupancy")
    _gather(ledger, study.sheet.marks, (), steps[MULTIQC], provenance)
    write_text(run_path(out, "provenance"), provenance.to_json())
    write_peaks_session(study, out)
    for check in checks:
        check()
    if report and not ledger.is_done(REPORT):
        ledger.record(REPORT, steps[REPORT], write_report(out, jobs=settings.jobs))
    write_crate(out, ledger.outputs(), provenance, study.sheet.marks)


def _run(
    settings: StudySettings,
    sheet: SampleSheet,
    out: Path,
    checks: Sequence[Callable[[], None]],
    progress: Callable[[str], None] | None,
    *,
    report: bool,
) -> None:
    """Run a study in a folder that is ours."""
    given, sheet = sheet, _lifted(settings, sheet, out)
    names: list[str] = []
    if len(settings.contrasts) > 1:
        names = contrast_labels(sheet, settings.questions)
    looks = LookCache(run_path(out, "looks"))
    findings = check_study(
        settings.sheet,
        sheet=sheet,
        beside=Beside(settings.genome, settings.genes, settings.exclude, settings.segments),
        jobs=settings.jobs,
        looks=looks,
        progress=progress,
    )
    write_table(run_path(out, "check"), findings)
    stop_on_errors(findings, sheet, quantity=settings.quantity)
    study = load_study(settings, sheet=sheet, looks=looks)
    told = StudyContext(sheet, settings.questions, study.naming, study.reference.annotation.genes)
    check_given_files(GivenFiles.of_settings(settings), told)
    study = replace(study, contrasts=tuple(contrast_folder(out, name) for name in names))
    write_study(run_path(out, "study"), settings)
    inputs = file_checksums(
        list(dict.fromkeys([*input_files(study), *named_files(given, settings)]))
    )
    dna = copy_number_key(study, inputs)
    marks = {mark: mark_keys(study, mark, inputs, dna=dna) for mark in study.sheet.marks}
    provenance = _recorded(settings, inputs, out)
    steps = dna | {name: key for keys in marks.values() for name, key in keys.items()}
    steps[BETWEEN_MARKS] = between_marks_key(study, steps, inputs)
    steps[SITES] = sites_key(study, steps, inputs)
    steps |= _last_keys(steps, provenance, findings.to_csv(), report=report)
    begin(progress, "preparing")
    ledger = Ledger(out, checks=checks)
    ledger.open(steps)
    study = with_copy_number_of_study(study, ledger, dna, progress)
    looks.write()
    analyses: dict[str, list[Analysis]] = {}
    for mark, keys in marks.items():
        logger.info("%s: %d libraries", mark, len(study.sheet.for_mark(mark).samples))
        made = _run_mark(study, mark, ledger, keys, progress)
        if made is not None:
            analyses[mark] = made
    begin(progress, "switches and mechanisms")
    if not ledger.is_done(BETWEEN_MARKS):
        written = write_between_marks(study, out, analyses)
        ledger.record(BETWEEN_MARKS, steps[BETWEEN_MARKS], written)
    if not ledger.is_done(SITES):
        ledger.record(SITES, steps[SITES], write_sites(study, out))
    _gather(ledger, study.sheet.marks, study.contrasts, steps[MULTIQC], provenance)
    Parts(run_path(out, "parts")).remove_all()
    for check in checks:  # where every step was reused, nothing has looked since
        check()
    write_text(run_path(out, "provenance"), provenance.to_json())
    write_study_session(study, out)
    if report and not ledger.is_done(REPORT):
        begin(progress, "figures and report")
        ledger.record(REPORT, steps[REPORT], write_report(out, jobs=settings.jobs))
    write_crate(out, ledger.outputs(), provenance, study.sheet.marks)


def _lifted(settings: StudySettings, sheet: SampleSheet, out: Path) -> SampleSheet:
    """The sheet whose files are of the study's assembly: the given one where there is no chain."""
    if settings.chain is None:
        return sheet
    return lift_sheet(sheet, settings.chain, run_path(out, "lifted"))


def _recorded(settings: StudySettings, inputs: Mapping[str, str], out: Path) -> Provenance:
    """What made the run: its settings and the checksums of its inputs, as seen from its folder.

    A file from elsewhere goes by its address, wherever its copy lies.
    """
    named: dict[str, str] = {}
    for path, sha in inputs.items():
        name = own = shown_address(path) or as_seen_from(out, path)
        n = 2
        while named.get(name, sha) != sha:  # addresses that differ in what is not shown
            name, n = f"{own} ({n})", n + 1
        named[name] = sha
    return record(settings.seen_from(out), named)


def _last_keys(
    steps: Mapping[str, str], provenance: Provenance, check: str, *, report: bool
) -> dict[str, str]:
    """Step -> digest, of the steps that read what every other step has written."""
    found = {MULTIQC: multiqc_key(steps, provenance)}
    if report:
        about = {"provenance": provenance.to_json(), "check": check}
        found[REPORT] = step_key(tests=dict(steps), **about)
    return found


def _gather(
    ledger: Ledger,
    marks: Sequence[str],
    contrasts: Sequence[Path],
    key: str,
    provenance: Provenance,
) -> None:
    """Join the tables of all marks, for people and for MultiQC."""
    gather_quality(ledger.folder, marks)
    if not ledger.is_done(MULTIQC):
        written = write_multiqc(ledger.folder, marks, contrasts, provenance)
        ledger.record(MULTIQC, key, written)


def _tracks_of(sheet: SampleSheet) -> int:
    """How many tracks are looked at."""
    return int((sheet.table["Coverage"] != "").sum()) if "Coverage" in sheet.table else 0


def _run_mark(
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
    out = ledger.folder
    consensus = study.consensus[mark]
    tests = f"tests {mark}"
    paths: dict[Kind, Path] = {
        kind: run_path(out, "counts", mark, kind) for kind in mark_kinds(study, mark)
    }
    shares = run_path(out, "shares", mark)
    missing = [kind for kind in paths if not ledger.is_done(f"counts {mark}.{kind}")]
    counts: dict[Kind, CountMatrix] = {}
    if missing or not ledger.is_done(f"shares {mark}"):
        parts = Parts(run_path(out, "parts"))
        begin(progress, f"counting {mark}", len(study.sheet.for_mark(mark).samples))
        counted = count_mark(study, mark, missing, consensus, parts=parts, progress=progress)
        counts |= counted.matrices
        for kind, matrix in counted.matrices.items():
            write_counts(paths[kind], matrix)
            ledger.record(f"counts {mark}.{kind}", keys[f"counts {mark}.{kind}"], [paths[kind]])
        write_table(shares, counted.shares)
        ledger.record(f"shares {mark}", keys[f"shares {mark}"], [shares])
        parts.remove()
    if ledger.is_done(tests):
        return None
    begin(progress, f"testing {mark}")
    ordered = {
        kind: counts[kind] if kind in counts else read_counts(path) for kind, path in paths.items()
    }
    count_controls_of_mark(study, mark, ledger, keys, ordered, progress)
    windows = mark_windows(study, mark, ledger, keys, progress)
    found = run_tests(study, mark, ordered, read_table(shares), out, windows=windows)
    ledger.record(tests, keys[tests], found.written)
    return found.mains


def _prepare(out: Path) -> None:
    """Make the folder, and find out before hours of work whether it can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / partial_name("probe")
        probe.write_text("probe")
        probe.unlink()
    except OSError as error:
        raise unwritable(out, error) from error
    refuse_linked_folders(out)
