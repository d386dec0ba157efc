"""Copies in a cache: whole or not there, fetched once, gone on with, and never of two contents."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.digest import fingerprint
from resist_epi.io.lock import folder_lock
from resist_epi.io.remote import cache
from resist_epi.io.remote.cache import default_cache, fetch
from resist_epi.io.remote.origin import ORIGIN, origin_of
from resist_epi.io.remote.transport import remote_state
from tests.support.range_server import RangeServer

DATA = random.Random(1).randbytes(2_500_000)


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


def test_a_copy_is_the_file_and_says_what_it_is(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA) + "?token=word"
    found = fetch(url, tmp_path)
    assert found.path.read_bytes() == DATA
    assert found.path.name == "a.bw"
    assert found.received == len(DATA)
    text = (found.path.parent / ORIGIN).read_text()
    about = json.loads(text)
    assert about["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert (about["size"], about["etag"]) == (len(DATA), server.files["/a.bw"].tag)
    assert "word" not in text
    assert origin_of(found.path) == f"{server.url}/a.bw?..."
    assert origin_of(tmp_path / "other.bw") is None


def test_a_second_fetch_reads_no_byte(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA)
    first = fetch(url, tmp_path)
    server.seen.clear()
    assert fetch(url, tmp_path).path == first.path
    assert [(s.method, s.sent) for s in server.seen] == [("HEAD", 0)]


def test_the_default_place_follows_xdg(
    server: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch(server.put("a.bw", b"abc")).path.is_relative_to(
        tmp_path / "xdg" / "resist_epi" / "tracks"
    )
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "resist_epi" / "tracks"


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_cut_fetch_goes_on_from_where_it_was(
    server: RangeServer, tmp_path: Path, cuts: int
) -> None:
    url = server.put("a.bw", DATA, cut=cuts)
    assert fetch(url, tmp_path).path.read_bytes() == DATA
    assert server.sent() == len(DATA)  # not a byte twice
    later = server.gets()[1:]
    assert len(later) == cuts
    assert all("range" in s.headers and "if-match" in s.headers for s in later)


def test_the_next_command_goes_on_too(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA)
    pieces = iter([False, False, True])
    with pytest.raises(InputFormatError, match="stopped"):
        fetch(url, tmp_path, stop=lambda: next(pieces))
    (part,) = parts(tmp_path)
    have = part.stat().st_size
    assert 0 < have < len(DATA)
    assert not list(tmp_path.rglob(ORIGIN))
    server.seen.clear()
    assert fetch(url, tmp_path).path.read_bytes() == DATA
    assert server.sent() == len(DATA) - have
    assert not parts(tmp_path)


def test_a_file_changed_between_two_pieces_is_fetched_anew(
    server: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.put("a.bw", DATA, cut=1)
    own = cache.pause

    def change(attempt: int, asked: str | None = None) -> None:
        server.put("a.bw", DATA[::-1])
        own(attempt, asked)

    monkeypatch.setattr(cache, "pause", change)
    assert fetch(url, tmp_path).path.read_bytes() == DATA[::-1]
    assert not parts(tmp_path)
    assert 412 in [s.status for s in server.seen]


def test_a_file_changed_between_two_runs_is_another_copy(
    server: RangeServer, tmp_path: Path
) -> None:
    url = server.put("a.bw", DATA)
    old = fetch(url, tmp_path).path
    server.put("a.bw", DATA[:-1])
    new = fetch(url, tmp_path).path
    assert (old.read_bytes(), new.read_bytes()) == (DATA, DATA[:-1])


@pytest.mark.parametrize("how", [{"ranges": False}, {"etag": ""}, {"etag": 'W/"1"'}])
def test_servers_that_know_less_give_whole_files_all_the_same(
    server: RangeServer, tmp_path: Path, how: dict[str, object]
) -> None:
    assert fetch(server.put("a.bw", DATA, cut=1, **how), tmp_path).path.read_bytes() == DATA


def test_without_etag_and_time_nothing_is_taken_for_unchanged(
    server: RangeServer, tmp_path: Path
) -> None:
    url = server.put("a.bw", b"abc", etag="")
    fetch(url, tmp_path)
    server.put("a.bw", b"xyz", etag="")
    found = fetch(url, tmp_path)
    assert found.path.read_bytes() == b"xyz"
    # Whoever reads a copy keeps it where the same content comes again.
    before = fingerprint(found.path)
    assert fetch(url, tmp_path).received == 3
    assert fingerprint(found.path) == before
    assert parts(tmp_path) == []


@pytest.mark.parametrize("extra", [-7, 7])
def test_another_length_than_was_said_is_no_copy(
    server: RangeServer, tmp_path: Path, extra: int
) -> None:
    url = server.put("a.bw", DATA, extra=extra)
    with pytest.raises(InputFormatError, match=rf"{url}.*expected 2,\d\d\d,\d\d\d bytes"):
        fetch(url, tmp_path)
    assert not list(tmp_path.rglob(ORIGIN))
    assert not list(tmp_path.rglob("a.bw"))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"cut": 999, "ranges": False}, "cut off again and again"),
        ({"cut": 99}, "cut off again and again.*goes on from there"),
        ({"busy": 99}, "answers 503"),
    ],
)
def test_what_goes_wrong_again_and_again_is_said(
    server: RangeServer, tmp_path: Path, how: dict[str, int], said: str
) -> None:
    url = server.put("a.bw", b"abc", **how)
    with pytest.raises(InputFormatError, match=f"{url}.*{said}"):
        fetch(url, tmp_path)


def test_no_such_file(server: RangeServer, tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"gone\.bw: no such file at the server \(404\)"):
        fetch(f"{server.url}/gone.bw", tmp_path)


def test_without_a_server_the_last_copy_is_taken_and_this_is_said(
    server: RangeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = server.put("a.bw", DATA)
    path = fetch(url, tmp_path).path
    dead = "http://127.0.0.1:1/a.bw"
    with pytest.raises(InputFormatError, match="does not answer"):
        fetch(dead, tmp_path)
    monkeypatch.setattr(cache, "remote_state", lambda _: remote_state(dead))
    assert fetch(url, tmp_path).path == path
    assert "no answer; the copy fetched on" in caplog.text


def test_a_damaged_copy_is_fetched_anew(
    server: RangeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put("a.bw", DATA)
    path = fetch(url, tmp_path).path
    path.write_bytes(DATA[:-1] + b"!")
    assert fetch(url, tmp_path).path.read_bytes() == DATA
    assert "was changed; it is fetched anew" in caplog.text
    (path.parent / ORIGIN).write_text("{")
    assert fetch(url, tmp_path).path.read_bytes() == DATA


def test_two_at_once_fetch_once(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fetch(url, tmp_path).path, range(4)))
    assert len(set(found)) == 1
    assert found[0].read_bytes() == DATA
    assert server.sent() == len(DATA)


def test_whoever_finds_another_at_it_waits(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA)
    folder = fetch(url, tmp_path).path.parent
    (folder / ORIGIN).unlink()
    found: list[Path] = []
    with folder_lock(folder):
        thread = threading.Thread(target=lambda: found.append(fetch(url, tmp_path).path))
        thread.start()
        thread.join(0.3)
        assert not found
    thread.join()
    assert found[0].read_bytes() == DATA


def test_a_copy_that_does_not_fit_is_refused_before_a_byte(
    server: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.put("a.bw", DATA)

    class Full:
        free = 1000

    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: Full)
    with pytest.raises(InputFormatError, match=r"do not fit where 1,000 are free.*--cache"):
        fetch(url, tmp_path)
    assert not server.gets()


def test_a_cache_that_cannot_be_written_is_another_one_by_its_option(
    server: RangeServer, tmp_path: Path
) -> None:
    url = server.put("a.bw", DATA)
    (tmp_path / "file").touch()
    with pytest.raises(InputFormatError, match=r"cannot be written.*by --cache") as error:
        fetch(url, tmp_path / "file" / "cache")
    assert "-o" not in str(error.value).split()


def test_a_link_in_the_cache_is_not_followed(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA)
    path = fetch(url, tmp_path / "c").path
    outside = tmp_path / "outside"
    outside.write_bytes(DATA)
    path.unlink()
    path.symlink_to(outside)
    found = fetch(url, tmp_path / "c").path
    assert not found.is_symlink()
    assert outside.read_bytes() == DATA


def test_a_file_that_comes_packed_is_none(server: RangeServer, tmp_path: Path) -> None:
    """The rest of it would come as it is, and both together would be as long as the file."""
    url = server.put("a.bw", b"abcdefgh" * 10_000, packed=True)
    for _ in range(2):
        with pytest.raises(InputFormatError, match=r"packed \(Content-Encoding: gzip\)") as error:
            fetch(url, tmp_path)
        assert "curl --compressed" in str(error.value)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.stat().st_size]


def test_a_slow_fetch_is_stopped_between_two_bytes(server: RangeServer, tmp_path: Path) -> None:
    url = server.put("a.bw", DATA[:400], drip=0.05)
    asked = iter(range(1000))
    with pytest.raises(InputFormatError, match="stopped"):
        fetch(url, tmp_path, stop=lambda: next(asked) >= 3)
    (part,) = tmp_path.rglob("*.part")
    assert 0 < part.stat().st_size < 400
    assert DATA.startswith(part.read_bytes())


@pytest.mark.parametrize("full", ["lock", "origin"])
def test_a_full_disk_of_the_cache_is_another_one_by_its_option(
    server: RangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    url = server.put("a.bw", DATA)
    write = os.pwrite if full == "lock" else Path.write_bytes

    def none_free(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if full == "lock" else Path, write.__name__, none_free)
    with pytest.raises(InputFormatError, match=r"No space left.*by --cache"):
        fetch(url, tmp_path)
    monkeypatch.undo()
    assert fetch(url, tmp_path).path.read_bytes() == DATA


def test_without_a_home_the_cache_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a user whose number alone a container knows."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(InputFormatError, match=r"no home folder.*--cache"):
        default_cache()
