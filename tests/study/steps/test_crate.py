"""The metadata of a run as a research object: what RO-Crate 1.1 asks, and no path of a machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resist_epi.io.digest import checksum
from resist_epi.io.run_folder import run_path
from resist_epi.study.provenance import Provenance
from resist_epi.study.steps.crate import write_crate

PROVENANCE = Provenance(
    "9.9",
    parameters={
        "sheet": "/home/someone/secret/sheet.csv",
        "genes": "../other/genes.gtf",
        "design": "~ Condition",
        "fdr": 0.05,
        "contrasts": ["poor-good"],
        "sites": {"ER": "/home/someone/er.bed"},
        "block": None,
        "jobs": 8,
    },
    inputs={
        "/home/someone/secret/sheet.csv": "a" * 64,
        "../cohort/A 1.bw": "b" * 64,
        "/mnt/copy/A1.bw": "b" * 64,
        "C:\\data\\genes.gtf": "c" * 64,
    },
    python="3.11.0",
    libraries={"numpy": "2.0"},
)


def make(out: Path) -> tuple[Path, dict[str, str]]:
    """A folder of a table, of a name that no URI may hold, and of what no step records."""
    names = ("differential/ER.peaks.tsv.gz", "genes/a b%.tsv", "provenance.json", "qc.tsv")
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(name)
    return out, {name: checksum(out / name) for name in names[:2]}


def entities(path: Path) -> dict[str, dict[str, Any]]:
    return {e["@id"]: e for e in json.loads(path.read_text())["@graph"]}


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def test_what_the_specification_asks(tmp_path: Path) -> None:
    out, recorded = make(tmp_path)
    path = write_crate(out, recorded, PROVENANCE, ["ER"])
    assert path.name == "ro-crate-metadata.json"
    found = entities(path)
    graph = json.loads(path.read_text())["@graph"]
    assert len(graph) == len(found)  # every @id once
    assert found[path.name]["about"] == {"@id": "./"}
    assert found[path.name]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = found["./"]
    assert root["datePublished"] == "2023-11-14"
    assert all(root[name] for name in ("name", "description", "license"))
    parts = [part["@id"] for part in root["hasPart"]]
    assert parts == [e["@id"] for e in graph if e["@type"] == "File"]

    def named(value: Any) -> list[str]:
        if isinstance(value, list):
            return [name for one in value for name in named(one)]
        return [value["@id"]] if isinstance(value, dict) else []

    for entity in graph:
        for name in named([v for k, v in entity.items() if k != "conformsTo"]):
            assert name in found or name.startswith("http"), name


def test_files_have_their_checksums_and_names_that_are_uris(tmp_path: Path) -> None:
    out, recorded = make(tmp_path)
    found = entities(write_crate(out, recorded, PROVENANCE, ["ER"]))
    odd = found["genes/a%20b%25.tsv"]
    assert odd["sha256"] == recorded["genes/a b%.tsv"]
    assert odd["contentSize"] == str(len("genes/a b%.tsv"))
    assert found["differential/ER.peaks.tsv.gz"]["encodingFormat"] == "application/gzip"
    assert found["qc.tsv"]["sha256"] == checksum(out / "qc.tsv")


def test_inputs_are_told_by_name_and_checksum_and_no_path(tmp_path: Path) -> None:
    out, recorded = make(tmp_path)
    path = write_crate(out, recorded, PROVENANCE, ["ER"])
    text = path.read_text()
    for piece in ("someone", "secret", "cohort", "/mnt", "data\\", "../", str(tmp_path)):
        assert piece not in text.replace("ro-crate-metadata.json", ""), piece
    found = entities(path)
    assert found[f"#input-{'b' * 64}"]["name"] == ["A 1.bw", "A1.bw"]
    assert found[f"#input-{'c' * 64}"]["name"] == "genes.gtf"
    settings = {e["name"]: e["value"] for e in found.values() if e["@type"] == "PropertyValue"}
    assert settings == {"design": "~ Condition", "fdr": "0.05", "contrasts": '["poor-good"]'}
    versions = {
        e["name"]: e["version"] for e in found.values() if e["@type"] == "SoftwareApplication"
    }
    assert versions == {"resist_epi": "9.9", "Python": "3.11.0", "numpy": "2.0"}


def test_the_day_stays_where_nothing_else_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, recorded = make(tmp_path)
    before = write_crate(out, recorded, PROVENANCE, ["ER"]).read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    path = write_crate(out, recorded, PROVENANCE, ["ER"])
    assert path.read_bytes() == before
    (out / "qc.tsv").write_text("other")
    assert "2027-01-15" in write_crate(out, recorded, PROVENANCE, ["ER"]).read_text()
    run_path(out, "crate").write_text('{"@graph": 3}')
    assert "2027-01-15" in write_crate(out, recorded, PROVENANCE, ["ER"]).read_text()


def test_other_software_reads_it(tmp_path: Path) -> None:
    crates = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed")
    out, recorded = make(tmp_path)
    write_crate(out, recorded, PROVENANCE, ["ER"])
    crate = crates.ROCrate(out)
    assert crate.root_dataset["name"] == "Run of resist_epi on sheet.csv"
    assert {e.id for e in crate.data_entities} >= {"differential/ER.peaks.tsv.gz", "qc.tsv"}
