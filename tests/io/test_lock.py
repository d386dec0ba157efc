"""One writer at a time, tried with real processes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io import lock
from resist_epi.io.lock import LOCK, folder_lock
from resist_epi.io.store import host

HOLD = """
import sys, time
from resist_epi.io.lock import folder_lock
with folder_lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


# Each step when it is told to; who holds the folder does until all have tried.
TAKE = """
import sys
from contextlib import ExitStack
from resist_epi.io.lock import folder_lock
print("ready", flush=True)
sys.stdin.readline()
with ExitStack() as held:
    try:
        held.enter_context(folder_lock(sys.argv[1]))
        print("held", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints; empty after its end."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


def hold(folder: Path, seconds: float = 60) -> subprocess.Popen[str]:
    """A process that holds the folder by now."""
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def written(folder: Path, *, silent: float = 0, **who: object) -> None:
    """A lock as another process leaves it."""
    about = {"host": host(), "pid": os.getpid(), "since": "2026-01-01T12:00:00", "started": ""}
    path = folder / LOCK
    path.write_text(json.dumps({**about, **who}))
    then = time.time() - silent
    os.utime(path, (then, then))


def test_the_second_waits_or_leaves_and_the_first_goes_on(tmp_path: Path) -> None:
    process = hold(tmp_path)
    message = rf"another run writes this folder: process {process.pid} on {host()}, since 20"
    try:
        with pytest.raises(InputFormatError, match=message), folder_lock(tmp_path):
            pass
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait()


def test_it_is_free_after_the_end_and_leaves_nothing(tmp_path: Path) -> None:
    hold(tmp_path, 0).wait()
    for _ in range(2):
        with folder_lock(tmp_path) as still_ours:
            still_ours()
            assert [p.name for p in tmp_path.iterdir()] == [LOCK]
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_killed_process_is_taken_over_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = hold(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / LOCK).exists()
    with caplog.at_level("WARNING", logger="resist_epi"), folder_lock(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    assert f"the lock of process {process.pid} on {host()}, since" in caplog.text
    assert "is taken over" in caplog.text


def test_a_process_that_hangs_for_ten_minutes_is_dead_and_learns_it(tmp_path: Path) -> None:
    process = hold(tmp_path)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(InputFormatError, match="another run"), folder_lock(tmp_path):
            pass
        old = time.time() - 601
        os.utime(tmp_path / LOCK, (old, old))
        with folder_lock(tmp_path):
            process.send_signal(signal.SIGCONT)
            assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    finally:
        process.kill()
        process.wait()


def test_another_computer_holds_it_until_ten_minutes_without_a_beat(tmp_path: Path) -> None:
    written(tmp_path, host="elsewhere", pid=1, silent=590)
    with (
        pytest.raises(InputFormatError, match="process 1 on elsewhere, since 2026"),
        folder_lock(tmp_path),
    ):
        pass
    written(tmp_path, host="elsewhere", pid=1, silent=610)
    with folder_lock(tmp_path):
        pass
    written(tmp_path, host="elsewhere", pid=1)
    with folder_lock(tmp_path, unlock=True):
        pass
    assert not list(tmp_path.iterdir())


def test_a_number_that_another_process_bears_now_is_no_life(tmp_path: Path) -> None:
    written(tmp_path, pid=os.getppid(), started="1")
    if Path("/proc/self/stat").exists():
        with folder_lock(tmp_path):
            pass


def test_the_same_process_cannot_hold_it_twice(tmp_path: Path) -> None:
    with (
        folder_lock(tmp_path),
        pytest.raises(InputFormatError, match="another run"),
        folder_lock(tmp_path),
    ):
        pass


@pytest.mark.parametrize("text", ["", "{", "[" * 9000, '{"pid": "x"}', "\0\0"])
def test_a_damaged_lock_that_is_old_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK).write_text(text)
    os.utime(tmp_path / LOCK, (0, 0))
    with folder_lock(tmp_path):
        pass


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "dear").write_text("dear")
    (tmp_path / "run" / LOCK).symlink_to(tmp_path / "dear")
    with folder_lock(tmp_path / "run"):
        assert (tmp_path / "dear").read_text() == "dear"


def test_it_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.02)
    with folder_lock(tmp_path):
        os.utime(tmp_path / LOCK, (0, 0))
        end = time.monotonic() + 60
        while not (tmp_path / LOCK).stat().st_mtime and time.monotonic() < end:
            time.sleep(0.01)
        assert time.time() - (tmp_path / LOCK).stat().st_mtime < 100


def test_who_lost_it_is_told(tmp_path: Path) -> None:
    with folder_lock(tmp_path) as still_ours:
        (tmp_path / LOCK).unlink()
        written(tmp_path, host="elsewhere")
        with pytest.raises(InputFormatError, match="taken this folder over"):
            still_ours()
    assert (tmp_path / LOCK).exists()


def test_threads_of_a_process_that_want_it_are_told_that_it_is_held(tmp_path: Path) -> None:
    def told(_: int) -> str:
        try:
            with folder_lock(tmp_path):
                return "held"
        except InputFormatError as error:
            return type(error).__name__

    with folder_lock(tmp_path), ThreadPoolExecutor(8) as pool:
        assert set(pool.map(told, range(400))) == {"LockHeldError"}
    assert list(tmp_path.iterdir()) == []


def test_of_many_at_once_one_holds_it(tmp_path: Path) -> None:
    written(tmp_path, pid=2**22 + 1)  # a dead one, which all of them want to take over
    command = [sys.executable, "-c", TAKE, str(tmp_path)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(6)
    ]
    told = [[line(p)] for p in processes]  # all have begun
    for answer in ("go", "leave"):
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{answer}\n")
            process.stdin.flush()
        for process, own in zip(processes, told, strict=True):
            own.append(line(process))
    for process in processes:
        process.communicate()
    assert sorted(told) == [["ready", "LockHeldError", "left"]] * 5 + [["ready", "held", "left"]]


def test_of_a_full_disk_no_lock_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(InputFormatError, match="No space left"), folder_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
