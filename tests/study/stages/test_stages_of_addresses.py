"""Jobs of a study whose files lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.io import digest
from resist_epi.io.remote import ranged_file, transport
from resist_epi.io.run_folder import run_path, stage_path
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.settings import make_settings
from resist_epi.study.stages.looks import look_at_files
from resist_epi.study.stages.run_stage import Job, run_stage
from resist_epi.study.stages.shard import Shard
from tests.support.range_server import RangeServer, serving
from tests.support.remote_cohort import served_sheet


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RangeServer]:
    monkeypatch.setattr(transport, "PAUSE", 0.0)
    ranged_file.forget()
    with serving() as own:
        yield own


def test_a_job_does_not_read_the_copies_that_others_have_summed_up(
    server: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    settings, out, copies = make_settings({"sheet": there}), tmp_path / "out", tmp_path / "cache"
    monkeypatch.setattr(digest, "_SETTLED_NS", -1)  # as if they had been there for a while
    for i in (1, 2):
        run_stage(settings, out, Job("look", Shard(i, 2)), cache=copies)
    # Another process: it knows what stands in the folder.
    digest._known.clear()
    digest._told.clear()
    read: list[Path] = []

    def noted(path: str | Path, mode: str) -> object:
        read.append(Path(path))
        return Path(path).open(mode)

    monkeypatch.setattr(digest, "open", noted, raising=False)
    run_stage(settings, out, Job("look", Shard(2, 3)), cache=copies)
    assert [path.name for path in read if path.is_relative_to(copies)] == []
    for path in copies.rglob("T0.bw"):
        path.write_bytes(path.read_bytes() + b"x")
    run_stage(settings, out, Job("look", Shard(1, 3)), cache=copies)
    assert {path.name for path in read if path.is_relative_to(copies)} >= {"T0.bw"}
    log = stage_path(out, "log", "look.1-of-3").read_text()
    assert "T0.bw: the copy in the cache was changed; it is fetched anew" in log


def test_a_look_fetches_the_files_of_its_shard_and_later_jobs_find_them(
    server: RangeServer, tmp_path: Path
) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    rows = pd.read_csv(there)
    control = server.put("input.bw", (tmp_path / "s" / "T0.bw").read_bytes())
    peaks = server.put("T3.narrowPeak", b"chr1\t1000\t3000\tp\t1\t.\t1\t1\t1\t3\n")
    here = tmp_path / "s" / "T1.bw"
    rows["Coverage"] = [rows["Coverage"][0], str(here), *rows["Coverage"][2:]]
    rows["ControlCoverage"] = [control, f"{control}?X-Amz-Signature=1", control, ""]
    rows["Peaks"] = ["", "", "", peaks]
    rows.to_csv(there, index=False)
    genes = tmp_path / "genes.tsv"
    genes.write_text("chrom\tstart\tend\tgene_id\tgene_name\tstrand\nchr1\t9000\t20000\tI\tG\t+\n")
    settings = make_settings({"sheet": there, "genes": genes})
    out, copies = tmp_path / "out", tmp_path / "cache"
    fetched = []
    for i in (3, 1, 2):
        server.seen.clear()
        run_stage(settings, out, Job("look", Shard(i, 3)), cache=copies)
        fetched.append({s.path.partition("?")[0] for s in server.gets()})
    assert fetched == [{"/T2.bw", "/T3.narrowPeak"}, {"/T0.bw", "/T3.bw"}, {"/input.bw"}]
    server.seen.clear()
    run_stage(settings, out, Job("plan"), cache=copies)
    for i in (1, 2):
        run_stage(settings, out, Job("count", Shard(i, 2)), cache=copies)
    assert server.gets() == []
    assert len(list(run_path(out, "parts").iterdir())) == 5, "four libraries, and their one input"


def test_a_look_of_an_address_that_is_not_fetched_is_left_to_the_plan(
    server: RangeServer, tmp_path: Path
) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    settings, sheet = make_settings({"sheet": there}), read_sheet(there)
    (tmp_path / "out").mkdir()
    assert look_at_files(settings, sheet, tmp_path / "out") == [str(there)]
