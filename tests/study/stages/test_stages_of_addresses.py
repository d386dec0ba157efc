"""Jobs of a study whose files lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resist_epi.io import digest
from resist_epi.io.remote import ranged_file, transport
from resist_epi.io.run_folder import stage_path
from resist_epi.study.settings import make_settings
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
    run_stage(settings, out, Job("look", Shard(3, 3)), cache=copies)
    assert {path.name for path in read if path.is_relative_to(copies)} >= {"T0.bw"}
    log = stage_path(out, "log", "look.3-of-3").read_text()
    assert "T0.bw: the copy in the cache was changed; it is fetched anew" in log
