"""A run as a research object: `ro-crate-metadata.json`, by RO-Crate 1.1.

It names what lies in the folder, each file with its checksum, the software and settings that made
it, and the inputs by name and checksum. Inputs lie elsewhere, so they are described and are no
files of the crate; where they lie is not said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from resist_epi.io.clock import today
from resist_epi.io.digest import checksum
from resist_epi.io.run_folder import RunFile, run_file, run_path
from resist_epi.io.store import parse_json, read_text, write_text
from resist_epi.study.provenance import Provenance
from resist_epi.study.settings import PATHS, SITES

_SPECIFICATION = "https://w3id.org/ro/crate/1.1"

# Version 1.1 has no term for it.
_CONTEXT = [f"{_SPECIFICATION}/context", {"sha256": "http://schema.org/sha256"}]

_LICENSE = "Not stated: whoever publishes this run says under which terms it may be used."

# Files that no step records.
_UNRECORDED: tuple[RunFile, ...] = ("study", "provenance", "check", "all_quality", "session")

_MEDIA = {
    ".bed": "text/plain",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".seg": "text/tab-separated-values",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}

_Entity = dict[str, Any]


def write_crate(
    out: Path, recorded: Mapping[str, str], provenance: Provenance, marks: Sequence[str]
) -> Path:
    """Write the metadata of a finished run; the day stays where nothing else has changed.

    Parameters
    ----------
    out
        The run's folder.
    recorded
        SHA-256 of each output, by its path relative to the folder, as the ledger has them.

    Raises
    ------
    InputFormatError
        If the folder cannot be written, or `SOURCE_DATE_EPOCH` is no time.
    """
    more = [run_file(name) for name in _UNRECORDED]
    sums = {name: checksum(out / name) for name in more if (out / name).is_file()}
    files = dict(sorted({**sums, **recorded}.items()))
    sizes = {name: (out / name).stat().st_size for name in files}
    path = run_path(out, "crate")
    crate = crate_of(provenance, files, sizes=sizes, marks=marks, day=today().isoformat())
    before = _day_of(path)
    if before and crate_of(provenance, files, sizes=sizes, marks=marks, day=before) == _read(path):
        return path
    write_text(path, json.dumps(crate, indent=1, ensure_ascii=False) + "\n")
    return path


def crate_of(
    provenance: Provenance,
    files: Mapping[str, str],
    *,
    sizes: Mapping[str, int],
    marks: Sequence[str],
    day: str,
) -> _Entity:
    """The metadata, as JSON-LD.

    Parameters
    ----------
    files
        SHA-256 of each file of the folder, by its relative path.
    sizes
        Bytes of each.
    day
        ISO 8601.
    """
    sheet = _name_of(str(provenance.parameters.get("sheet", "")))
    parts = list(_files(files, sizes))
    inputs = list(_inputs(provenance.inputs))
    settings = list(_settings(provenance.parameters))
    software = list(_software(provenance))
    descriptor = {
        "@id": run_file("crate"),
        "@type": "CreativeWork",
        "conformsTo": {"@id": _SPECIFICATION},
        "about": {"@id": "./"},
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Run of resist_epi on {sheet or 'a sheet of samples'}",
        "description": f"Tables, figures and report on {', '.join(marks)}, made by resist_epi"
        f" {provenance.version}. For research use.",
        "datePublished": day,
        "license": _LICENSE,
        "hasPart": _references(parts),
        "mentions": {"@id": "#run"},
    }
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"resist-epi run {sheet}".strip(),
        "endTime": day,
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
        "instrument": {"@id": software[0]["@id"]},
        "object": _references([*inputs, *settings]),
        "result": _references(parts),
    }
    graph = [descriptor, root, action, *software, *inputs, *settings, *parts]
    return {"@context": _CONTEXT, "@graph": graph}


def _files(files: Mapping[str, str], sizes: Mapping[str, int]) -> Iterator[_Entity]:
    for name, digest in files.items():
        media = _MEDIA.get(PurePosixPath(name).suffix.lower())
        yield {
            "@id": quote(name, safe="/"),
            "@type": "File",
            "name": name,
            "contentSize": str(sizes[name]),
            **({"encodingFormat": media} if media else {}),
            "sha256": digest,
        }


def _inputs(inputs: Mapping[str, str]) -> Iterator[_Entity]:
    """Inputs by what they hold: files of one content are one, by all of its names."""
    names: dict[str, set[str]] = {}
    for path, digest in inputs.items():
        names.setdefault(digest, set()).add(_name_of(path))
    for digest, own in sorted(names.items(), key=lambda item: (min(item[1]), item[0])):
        name = min(own) if len(own) == 1 else sorted(own)
        yield {"@id": f"#input-{digest}", "@type": "CreativeWork", "name": name, "sha256": digest}


def _settings(parameters: Mapping[str, Any]) -> Iterator[_Entity]:
    """Settings but for paths, and for what is not set."""
    for name, value in sorted(parameters.items()):
        if name in (*PATHS, *SITES, "jobs") or value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        yield {"@id": f"#setting-{quote(name)}", "@type": "PropertyValue", "name": name} | {
            "value": text
        }


def _software(provenance: Provenance) -> Iterator[_Entity]:
    """The package first, then what it rests on."""
    needed = {"Python": provenance.python, **dict(sorted(provenance.libraries.items()))}
    others = [_application(name, version) for name, version in needed.items()]
    own = _application("resist_epi", provenance.version)
    yield own | {"softwareRequirements": _references(others)}
    yield from others


def _application(name: str, version: str) -> _Entity:
    own = f"#software-{quote(name)}"
    return {"@id": own, "@type": "SoftwareApplication", "name": name, "version": version}


def _references(entities: Sequence[_Entity]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _name_of(path: str) -> str:
    """The name of a file, of any system's path."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def _read(path: Path) -> Any:
    try:
        return parse_json(read_text(path)) if path.is_file() else None
    except ValueError:  # damaged: it is written anew
        return None


def _day_of(path: Path) -> str:
    """The day in a crate that is there, if it is one."""
    try:
        return str(_read(path)["@graph"][1]["datePublished"])
    except (KeyError, IndexError, TypeError):
        return ""
