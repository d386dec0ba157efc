"""`run`: a whole study, from a sheet to a folder of tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from resist_epi.io.digest import step_key
from resist_epi.io.lock import folder_lock
from resist_epi.io.processors import allowed_processors
from resist_epi.io.progress import begin
from resist_epi.io.remote.origin import shown_address
from resist_epi.io.run_folder import run_path
from resist_epi.io.run_log import run_log
from resist_epi.io.store import write_text
from resist_epi.io.tables import write_table
from resist_epi.model.analysis import Analysis
from resist_epi.report.page import write_report
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.check import check_study
from resist_epi.study.check_chromosomes import Beside
from resist_epi.study.first_look import (
    FirstLook,
    check_files_are_there,
    check_first,
    look_at_sheet,
    make_folder,
)
from resist_epi.study.ledger import Ledger, file_checksums
from resist_epi.study.lifted import lift_sheet
from resist_epi.study.loaded import check_files, contrast_folders_of, load_steps
from resist_epi.study.peaks_study import (
    load_peaks_study,
    occupancy_keys,
    of_peaks_alone,
)
from resist_epi.study.provenance import Provenance, as_seen_from, record
from resist_epi.study.read_tracks import read_tracks
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.looks import fetch_files, know_looks
from resist_epi.study.stages.mark import remove_gathered, tested_folders
from resist_epi.study.steps.between_marks import write_between_marks
from resist_epi.study.steps.crate import write_crate
from resist_epi.study.steps.dna import (
    with_copy_number_of_study,
)
from resist_epi.study.steps.keys import between_marks_key, multiqc_key, sites_key
from resist_epi.study.steps.multiqc import write_multiqc
from resist_epi.study.steps.occupancy import write_occupancy, write_peaks_session
from resist_epi.study.steps.quality import gather_quality
from resist_epi.study.steps.run_marks import run_marks
from resist_epi.study.steps.session import write_study_session
from resist_epi.study.steps.sites import write_sites
from resist_epi.study.study import (
    Study,
    named_files,
    stop_on_errors,
)
from resist_epi.study.study_file import write_study
from resist_epi.tracks.looks import LookCache
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

REPORT = "report"

BETWEEN_MARKS = "between marks"

SITES = "sites"

MULTIQC = "multiqc"


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
    check_first(settings, first.sheet)
    alone = of_peaks_alone(first.sheet)
    make_folder(out)
    with folder_lock(out, unlock=unlock) as still_ours, run_log(out):
        allowed = allowed_processors()
        logger.debug(
            "%d processes asked for, %d allowed by %s",
            *(settings.jobs, allowed.number, allowed.source),
        )
        checks = (first.inputs.check, still_ours)
        check_files_are_there(settings, first.sheet, out)  # before hours go into those that are
        sheet = fetch_files(settings, first, out, cache, progress)
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
    contrasts = contrast_folders_of(settings, sheet, out)
    looks = LookCache(run_path(out, "looks"))
    know_looks(out, looks)
    read = read_tracks(settings, sheet, out, looks, progress)
    findings = check_files(settings, sheet, looks, progress)
    write_table(run_path(out, "check"), findings)
    stop_on_errors(findings, sheet, quantity=settings.quantity)
    loaded = load_steps(settings, sheet, looks, given=given, before=read.study)
    study = replace(loaded.study, contrasts=contrasts)
    inputs, dna, marks = loaded.inputs, loaded.dna, loaded.marks
    write_study(run_path(out, "study"), settings)
    provenance = _recorded(settings, inputs, out)
    steps = dict(dna) | {name: key for keys in marks.values() for name, key in keys.items()}
    steps[BETWEEN_MARKS] = between_marks_key(study, steps, inputs)
    steps[SITES] = sites_key(study, steps, inputs)
    steps |= _last_keys(steps, provenance, findings.to_csv(), report=report)
    begin(progress, "preparing")
    ledger = Ledger(out, checks=checks, beside=tested_folders(out, study.sheet.marks))
    ledger.open(steps)
    study = with_copy_number_of_study(study, ledger, dna, progress)
    looks.write()
    analyses = run_marks(study, marks, ledger, progress)
    read.parts.remove_all()
    begin(progress, "switches and mechanisms")
    across = [step for step in (BETWEEN_MARKS, SITES) if not ledger.is_done(step)]
    run_tasks(
        _AcrossMarks(study, out, analyses),
        {step: step for step in across},
        jobs=settings.jobs,
        done=lambda step, written: ledger.record(step, steps[step], written),
    )
    _gather(ledger, study.sheet.marks, study.contrasts, steps[MULTIQC], provenance)
    for check in checks:  # where every step was reused, nothing has looked since
        check()
    write_text(run_path(out, "provenance"), provenance.to_json())
    write_study_session(study, out)
    if report and not ledger.is_done(REPORT):
        begin(progress, "figures and report")
        ledger.record(REPORT, steps[REPORT], write_report(out, jobs=settings.jobs))
    write_crate(out, ledger.outputs(), provenance, study.sheet.marks)
    remove_gathered(out)


@dataclass(frozen=True)
class _AcrossMarks:
    """A step that reads the tests of all marks; can be sent to a process."""

    study: Study
    out: Path
    analyses: Mapping[str, list[Analysis]]

    def __call__(self, step: str) -> list[Path]:
        if step == SITES:
            return write_sites(self.study, self.out)
        return write_between_marks(self.study, self.out, self.analyses)


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
    parameters = settings.seen_from(out)
    del parameters["jobs"]  # no result depends on it
    return record(parameters, named)


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
