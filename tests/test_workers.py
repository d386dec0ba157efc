"""Work in several processes: order, errors, killed workers, and nobody left behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import indent

import pytest

from resist_epi import workers
from resist_epi.errors import InputFormatError, WorkerDiedError
from resist_epi.io.store import atomic_path
from resist_epi.workers import return_memory, run_tasks
from tests.support.processes import hear_control_c


def square(x: int) -> int:
    logging.getLogger("resist_epi.work").warning("at %d", x)
    return x * x


def fragile(x: int) -> int:
    if x == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def strict(x: int) -> int:
    if x in {1, 3}:
        raise InputFormatError(f"bad {x}", path="f.bw", line=x)
    return x


def secretive(x: int) -> object:
    return lambda: x


class UnsendableError(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


def unsendable(x: int) -> int:
    raise UnsendableError(x, x)


def tasks(n: int) -> dict[str, int]:
    return {f"t{i}": i for i in range(n)}


@pytest.mark.parametrize(
    ("jobs", "start"), [(1, "fork"), (2, "fork"), (3, "fork"), (16, "fork"), (2, "spawn")]
)
def test_every_task_is_done_once(
    jobs: int, start: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_START", start)
    found: dict[str, int] = {}
    with caplog.at_level("INFO", logger="resist_epi"):
        run_tasks(square, tasks(7), jobs=jobs, done=found.__setitem__)
    assert {name: found[name] for name in tasks(7)} == {f"t{i}": i * i for i in range(7)}
    assert len(found) == 7
    # What a worker logs is said here, once.
    assert sorted(r.getMessage() for r in caplog.records) == [f"at {i}" for i in range(7)]


def test_nothing_to_do() -> None:
    run_tasks(square, {}, jobs=4, done=lambda name, result: pytest.fail(name))


def test_a_killed_worker_costs_its_task_alone() -> None:
    found: dict[str, int] = {}
    with pytest.raises(WorkerDiedError, match=r"t2 \(SIGKILL.*The other 5 are done") as caught:
        run_tasks(fragile, tasks(6), jobs=2, done=found.__setitem__)
    assert sorted(found) == ["t0", "t1", "t3", "t4", "t5"]
    assert list(caught.value.died) == ["t2"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_error_is_raised(jobs: int) -> None:
    with pytest.raises(InputFormatError, match=r"f\.bw, line 1: bad 1"):
        run_tasks(strict, tasks(4), jobs=jobs, done=lambda name, result: None)


def test_an_error_that_cannot_be_sent_is_still_told() -> None:
    with pytest.raises(RuntimeError, match="UnsendableError: 0 and 0"):
        run_tasks(unsendable, tasks(2), jobs=2, done=lambda name, result: None)


SLEEPERS = """
import sys, time
from resist_epi.workers import run_tasks
def sleep(path):
    import os
    open(path + str(os.getpid()), "w").close()
    time.sleep(600)
folder = sys.argv[1]
run_tasks(sleep, {"a": folder, "b": folder, "c": folder}, jobs=2, done=print)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_parent(tmp_path: Path, sent: signal.Signals) -> None:
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    marks = tmp_path / "pids"
    marks.mkdir()
    parent = subprocess.Popen(
        [sys.executable, str(script), f"{marks}/"],
        stderr=subprocess.DEVNULL,
        cwd=os.getcwd(),
        preexec_fn=hear_control_c,
    )
    deadline = time.monotonic() + 60
    while len(list(marks.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [int(p.name) for p in marks.iterdir()]
    assert len(workers) == 2
    parent.send_signal(sent)
    assert parent.wait(timeout=50) != 0
    deadline = time.monotonic() + 50
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc").is_dir():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end at any moment
        return False


def write_slowly(path: Path) -> None:
    if path.name == "quick":
        return
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        time.sleep(600)


class EnoughError(Exception):
    pass


def test_who_is_stopped_leaves_no_half_written_file(tmp_path: Path) -> None:
    def stop(name: str, result: None) -> None:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.iterdir())) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        raise EnoughError

    work = {name: tmp_path / name for name in ("slow", "slower", "quick")}
    with pytest.raises(EnoughError):
        run_tasks(write_slowly, work, jobs=3, done=stop)
    assert list(tmp_path.iterdir()) == []


def deaf(path: Path) -> None:
    if path.name != "quick":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        path.write_text(str(os.getpid()))
        time.sleep(600)


def test_who_does_not_hear_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PATIENCE", 0.2)

    def stop(name: str, result: None) -> None:
        deadline = time.monotonic() + 60
        while not (tmp_path / "deaf").is_file() or not (tmp_path / "deaf").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        raise EnoughError

    with pytest.raises(EnoughError):
        run_tasks(deaf, {name: tmp_path / name for name in ("deaf", "quick")}, jobs=2, done=stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "deaf").read_text()), 0)


def test_a_result_that_cannot_be_sent_is_told_as_that() -> None:
    with pytest.raises(RuntimeError, match=r"the result cannot be sent: .*secretive"):
        run_tasks(secretive, {"a": 1, "b": 2}, jobs=2, done=lambda *_: None)


RESIDENT = """
from resist_epi.workers import run_tasks
def resident(x=0):
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096 / 1e6
blocks = [bytes(60_000) for _ in range(4_000)]
held = blocks[::100]
before = resident()
del blocks
kept = resident()
found = []
run_tasks(resident, {"a": 1, "b": 2}, jobs=2, done=lambda name, got: found.append(got))
print(before, kept, max(found))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_workers_do_not_inherit_what_was_freed() -> None:
    made = subprocess.run(
        [sys.executable, "-c", RESIDENT], capture_output=True, text=True, check=True
    )
    before, kept, workers_have = map(float, made.stdout.split())
    if before - kept > 150:
        pytest.skip("this C library gives memory back by itself")
    assert workers_have < kept - 150


def test_memory_is_given_back_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # as of one without malloc_trim
    return_memory()


def threads_of_linear_algebra(_: int = 0) -> list[int]:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.linalg.inv(np.eye(2))
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


THREADS = """
import sys
from tests.test_workers import threads_of_linear_algebra
from resist_epi import workers
from resist_epi.cli.main import main
if sys.argv[1] == "program":
    sys.argv = ["resist-epi", "--version"]
    main()
    print(threads_of_linear_algebra())
else:
    threads_of_linear_algebra()  # as in a notebook, where it was loaded before
    workers._START = sys.argv[1]
    tasks = {"a": 0, "b": 1}
    workers.run_tasks(threads_of_linear_algebra, tasks, jobs=2, done=lambda _, made: print(made))
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread anyway")
@pytest.mark.parametrize("where", ["program", "fork", "spawn"])
@pytest.mark.parametrize(("given", "expected"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_linear_algebra_keeps_to_a_thread_unless_asked(
    where: str, given: dict[str, str], expected: int, tmp_path: Path
) -> None:
    script = tmp_path / "threads.py"
    script.write_text(f"if __name__ == '__main__':\n{indent(THREADS, '    ')}")
    unset = {k: v for k, v in os.environ.items() if k not in workers._THREADS}
    python_path = os.pathsep.join(sys.path)
    said = subprocess.run(
        [sys.executable, str(script), where],
        env={**unset, "PYTHONPATH": python_path, **given},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    found = [eval(line) for line in said if line.startswith("[")]
    assert found
    assert all(each and set(each) == {expected} for each in found), said
