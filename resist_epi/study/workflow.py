"""A study as a Snakemake workflow: the folder that is written, and held against its study."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from os.path import relpath
from pathlib import Path
from shlex import quote
from string import Template

import yaml

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import read_text, write_text
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.study.first_look import check_has_stages
from resist_epi.study.job_sizes import LIBRARIES_A_SHARD, THREADS, JobSizes
from resist_epi.study.settings import StudySettings
from resist_epi.study.study import named_files
from resist_epi.study.study_file import read_study, write_study

SNAKEFILE, CONFIG, STUDY, INPUTS = "Snakefile", "config.yaml", "study.yaml", "inputs.txt"

# Snakemake knows no way to write these but as wildcards; its inputs stand in a file of lines.
_NO_NAME = re.compile(r"\{[^{}]*\}|[\r\n]")

CACHE = ".cache"  # beside them: copies of files from elsewhere


def job_sizes(
    sheet: SampleSheet, *, a_shard: int = LIBRARIES_A_SHARD, threads: int = THREADS
) -> JobSizes:
    """How the libraries of a sheet are split into jobs."""
    of_marks = [len(sheet.for_mark(mark).samples) for mark in sheet.marks]
    return JobSizes(sum(of_marks), max(of_marks), a_shard, threads)


def write_workflow(
    settings: StudySettings,
    sheet: SampleSheet,
    folder: str | Path,
    sizes: JobSizes,
    *,
    cache: str | Path | None = None,
    force: bool = False,
) -> list[Path]:
    """Write a folder that Snakemake runs: Snakefile, its configuration, profiles and the study.

    Parameters
    ----------
    settings
        Paths relative to the working directory.
    sheet
        As `settings.sheet` was read.
    folder
        Made if missing.
    cache
        Folder of copies of files from elsewhere, which all computers must share; by default
        `.cache` in the workflow's.
    force
        Write over a workflow that is there.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputFormatError
        If one of the files is there already, the folder cannot be written, Snakemake cannot name
        a file of the study, or this cannot be split: its sheet names peaks alone, or its files are
        lifted first.
    """
    folder = Path(folder)
    check_has_stages(settings, sheet)
    templates = dict(_templates())
    names = [*templates, STUDY, INPUTS]
    there = [name for name in names if (folder / name).exists() or (folder / name).is_symlink()]
    if there and not force:
        raise InputFormatError(
            "is there already, and may have been changed by you",
            path=folder / there[0],
            remedy="give another folder with -o, or write over the workflow in it with --force",
        )
    _inputs(folder, settings, sheet)
    folder.mkdir(parents=True, exist_ok=True)
    copies = CACHE if cache is None else _seen_from(folder, Path(cache))
    for name, template in templates.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text("utf-8")
        write_text(path, _filled(text, sheet, sizes, copies) if name == CONFIG else text)
        if path.suffix == ".sh":
            path.chmod(0o755)
    write_study(folder / STUDY, settings)
    write_inputs(folder, settings, sheet)
    return [folder / name for name in names]


def check_workflow(folder: str | Path) -> Path:
    """Hold a workflow against its study as it is now, and list the study's files anew.

    Returns
    -------
    Path
        The folder of results.

    Raises
    ------
    InputFormatError
        If there is no workflow, or the sheet has other marks than the configuration.
    """
    folder = Path(folder)
    for name in (SNAKEFILE, CONFIG):
        if not (folder / name).is_file():
            raise InputFormatError(
                f"no workflow: {name} is missing",
                path=folder,
                remedy=f"write one with `resist-epi workflow init SHEET -o {quote(str(folder))}`",
            )
    path = folder / CONFIG
    try:
        config = yaml.safe_load(read_text(path))
        study, out, marks = (config[key] for key in ("study", "out", "marks"))
    except yaml.YAMLError as error:
        raise InputFormatError(f"not YAML ({shortened(error)})", path=path) from error
    except (TypeError, KeyError) as error:
        raise InputFormatError(
            "no configuration of a workflow", path=path, expected="study, out and marks, at least"
        ) from error
    settings = read_study(folder / str(study))
    sheet = read_sheet(settings.sheet)
    listed = isinstance(marks, list) and all(isinstance(mark, str | int | float) for mark in marks)
    if not listed or sorted(map(str, marks)) != sorted(sheet.marks):
        raise InputFormatError(
            "the sheet has other marks by now",
            path=path,
            expected=f"marks: {json.dumps(list(sheet.marks), ensure_ascii=False)}",
            found=f"marks: {json.dumps(marks, ensure_ascii=False, default=str)}",
            remedy="write them so, or write the workflow anew with --force",
        )
    write_inputs(folder, settings, sheet)
    return folder / str(out)


def write_inputs(folder: Path, settings: StudySettings, sheet: SampleSheet) -> None:
    """List what the study reads, as seen from the folder: a job is run again where one is newer.

    Raises
    ------
    InputFormatError
        If Snakemake cannot name one of the files, or the folder cannot be written.
    """
    text = "".join(f"{path}\n" for path in _inputs(folder, settings, sheet))
    path = folder / INPUTS
    if not path.is_file() or read_text(path) != text:
        write_text(path, text)


def _inputs(folder: Path, settings: StudySettings, sheet: SampleSheet) -> list[str]:
    """Every file that the study reads, as seen from the folder."""
    seen = dict.fromkeys(_seen_from(folder, path) for path in named_files(sheet, settings))
    for path in seen:
        if _NO_NAME.search(path):
            raise InputFormatError(
                "Snakemake cannot name this file: it takes braces in a path for a wildcard, and a"
                " line for a file",
                path=path,
                remedy="rename it, or link it under another name, and write that into the sheet",
            )
    return list(seen)


def _seen_from(folder: Path, path: Path) -> str:
    """A path as it is written into the folder's files."""
    return str(path) if path.is_absolute() else relpath(path, folder)


def _filled(text: str, sheet: SampleSheet, sizes: JobSizes, copies: str) -> str:
    """The configuration of a cohort."""
    return Template(text).substitute(
        sizes.megabytes,
        **{f"{stage}_minutes": minutes for stage, minutes in sizes.minutes.items()},
        **{f"{stage}_threads": number for stage, number in sizes.processes.items()},
        libraries=sizes.libraries,
        n_marks=len(sheet.marks),
        names=json.dumps(list(sheet.marks), ensure_ascii=False),
        shards=sizes.shards,
        cache=json.dumps(copies, ensure_ascii=False),
    )


def _templates() -> Iterator[tuple[str, Traversable]]:
    """Name, relative to the folder, and text of every file that ships."""
    waiting = [("", files("resist_epi.data") / "workflow")]
    while waiting:
        above, place = waiting.pop()
        for entry in sorted(place.iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                waiting.append((f"{above}{entry.name}/", entry))
            else:
                yield f"{above}{entry.name}", entry
