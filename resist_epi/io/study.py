"""`study.yaml`: the settings of a run, to run the same study again."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from resist_epi.config import GO, PATHS, StudySettings, make_settings
from resist_epi.errors import InputFormatError
from resist_epi.io.store import read_text, write_text


def read_study(path: str | Path) -> StudySettings:
    """Read settings; paths inside are relative to the file's folder.

    Raises
    ------
    InputFormatError
        If it is no YAML mapping, or a setting is unknown or wrong.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputFormatError(
            f"not YAML ({getattr(error, 'problem', error)})",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from error
    if not isinstance(values, dict):
        raise InputFormatError("no settings in it", path=path, expected="names and values in YAML")
    return make_settings(values, path=path).resolved(path.parent)


def write_study(path: str | Path, settings: StudySettings) -> None:
    """Write settings, with paths relative to the file's folder.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    path = Path(path)
    values = settings.model_dump(mode="json")
    for name in PATHS:
        if isinstance(getattr(settings, name), Path):
            relative = os.path.relpath(values[name], path.parent)
            # A file that bears the name of the built-in sets is told apart by its folder.
            values[name] = f"./{relative}" if relative == GO else relative
    write_text(path, yaml.safe_dump(values, sort_keys=False))
