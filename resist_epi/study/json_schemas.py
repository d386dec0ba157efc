"""JSON schemas of what people write: the sample sheet and `study.yaml`.

For editors and pipelines. Made from the columns of the sheet and from the settings, which stay the
one source; `data/` holds what is made.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from resist_epi.model.method import METHODS
from resist_epi.model.normalization_method import METHODS as NORMALIZATIONS
from resist_epi.samples.question import Confounders, Question
from resist_epi.schema.sheet import NUMBERS, REQUIRED, SHEET, Number
from resist_epi.study.settings import StudySettings

_CALLED = {"method": "test", "normalize": "normalisation"}

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def study_schema() -> dict[str, Any]:
    """The schema of `study.yaml`: every setting with its type, default and meaning.

    Examples
    --------
    >>> study_schema()["required"], study_schema()["properties"]["fdr"]["maximum"]
    (['sheet'], 1)
    """
    made = StudySettings.model_json_schema(mode="validation")
    choices: dict[str, list[str]] = {"method": [*METHODS], "normalize": [*NORMALIZATIONS]}
    own, elsewhere = _attributes(StudySettings), _attributes(Confounders) | _attributes(Question)
    adjust = made["properties"]["survival_adjust"]  # one covariate needs no list
    adjust["anyOf"] = [{"type": "string"}, {k: adjust.pop(k) for k in ("type", "items")}]
    for name, field in made["properties"].items():
        field.pop("title", None)
        told = elsewhere.get(name, "").rstrip(".")
        before, found, after = re.split(r"(As of `[\w.]+`|$)", own[name], maxsplit=1)
        field["description"] = f"{before}{told if found else ''}{after}"
        if name in choices:
            field["anyOf"] = [{"enum": choices[name]}, {"type": "null"}]
            field["description"] = f"Name of a {_CALLED[name]}; null for the default."
    about = {
        "$schema": DRAFT,
        "title": "study.yaml of resist_epi",
        "description": "Settings of a study; paths are relative to the file's folder.",
    }
    return about | {k: v for k, v in made.items() if k not in about}


def sheet_schema() -> dict[str, Any]:
    """The schema of a sample sheet's rows, each an object of its named cells.

    Column names are matched without regard to case when a sheet is read, which JSON Schema cannot
    say: it holds names as they are written here. Other columns may stand beside. `check` finds
    more, such as ids that stand twice and files that are not there.

    Examples
    --------
    >>> sheet_schema()["items"]["required"]
    ['SampleID', 'Factor', 'Condition']
    """
    columns: dict[str, dict[str, Any]] = {}
    for column in SHEET:
        unit = f", in {column.unit}" if column.unit else ""
        found = {"description": f"{column.meaning}{unit}"}
        if column.name in NUMBERS:
            found |= _bounded(NUMBERS[column.name])
        else:
            found |= {"type": "string"}
        if column.dtype == "path":
            found["format"] = "file-path"
        if column.name in REQUIRED:
            found |= {"pattern": r"^\S(.*\S)?$"}
        columns[column.name] = found
    return {
        "$schema": DRAFT,
        "title": "sample sheet of resist_epi",
        "description": "One row a library; CSV or TSV. Paths are relative to the sheet's folder.",
        "type": "array",
        "minItems": 1,
        "items": {"type": "object", "properties": columns, "required": list(REQUIRED)},
    }


def _bounded(number: Number) -> dict[str, Any]:
    """A number and its bounds; where it may be missing, an empty cell or none at all."""
    bounds: dict[str, Any] = {"type": "number"}
    named = {
        "minimum": number.at_least,
        "exclusiveMinimum": number.above,
        "maximum": number.at_most,
        "enum": list(number.one_of) or None,
    }
    bounds |= {name: value for name, value in named.items() if value is not None}
    return {"anyOf": [bounds, {"enum": ["", None]}]}


def _attributes(described: type) -> dict[str, str]:
    """Attribute -> what its class says of it; several that are told together share it."""
    text = inspect.getdoc(described) or ""
    part = text.partition("Attributes\n----------\n")[2]
    found: dict[str, str] = {}
    for names, told in re.findall(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", part, re.M):
        meaning = " ".join(told.split())
        found |= dict.fromkeys(names.split(", "), meaning)
    return found
