"""`study.yaml`: the settings of a study, written and read back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from resist_epi.errors import InputFormatError, shortened
from resist_epi.genes.builtin import GO
from resist_epi.io.store import read_text, write_text
from resist_epi.io.windows_paths import refuse_windows_path
from resist_epi.study.settings import PATHS, StudySettings, make_settings

_MAX_CHARACTERS = 200_000  # of a study's file


class _Loader(yaml.SafeLoader):
    """Plain YAML, without aliases, by which a page of text stands for gigabytes.

    A name stands once: YAML lets the last one win, and what stands above would be said in vain.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases are not understood", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, f"{shortened(key.value)} stands twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


def read_study(path: str | Path) -> StudySettings:
    """Read settings; paths inside are relative to the file's folder.

    Raises
    ------
    InputFormatError
        If it is no YAML mapping, or a setting is unknown, wrong or a path of Windows.
    """
    path = Path(path)
    text = read_text(path)
    if len(text) > _MAX_CHARACTERS:
        raise InputFormatError(
            f"{len(text)} characters are no settings of a study",
            path=path,
            expected="a page of them",
        )
    try:
        values = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputFormatError(
            f"not YAML ({getattr(error, 'problem', None) or str(error).splitlines()[0]})",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from error
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        reason = str(error) if not isinstance(error, RecursionError) else "nested too deep"
        raise InputFormatError(f"not YAML ({shortened(reason)})", path=path) from error
    if not isinstance(values, dict):
        raise InputFormatError("no settings in it", path=path, expected="names and values in YAML")
    settings = make_settings(values, path=path)
    for written in settings.named_paths.values():
        refuse_windows_path(written, path.parent / written)
    return settings.resolved(path.parent)


def write_study(path: str | Path, settings: StudySettings) -> None:
    """Write settings, with paths relative to the file's folder.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    path = Path(path)
    near = settings.with_paths(lambda named: Path(os.path.relpath(named, path.parent)))
    values = near.model_dump(mode="json")
    for name in PATHS:
        # A file that bears the name of the built-in sets is told apart by its folder.
        if isinstance(getattr(settings, name), Path) and values[name] == GO:
            values[name] = f"./{GO}"
    write_text(path, yaml.safe_dump(values, sort_keys=False))
