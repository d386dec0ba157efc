"""Work handed out to processes, one task at a time, so that the loss of one costs one task."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any, Generic, TypeVar

from resist_epi.errors import WorkerDiedError

Task = TypeVar("Task")

Result = TypeVar("Result")

_LOGGER = logging.getLogger("resist_epi")

# A forked worker has the inputs already and begins at once. Where the system's own libraries do not
# survive a fork (macOS), workers start afresh and are sent what they need.
_START = "fork" if sys.platform.startswith("linux") else "spawn"

_PATIENCE = 5.0  # seconds that a worker has to end when asked to

# How a user sets the threads of linear algebra. Its libraries start one a processor, which wait for
# one another in loops: beside other processes a product of small matrices then takes up to three
# hundred times as long, and the order of its sums hangs on the machine.
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread_each() -> None:
    """Keep linear algebra to a thread, here and in workers, unless a variable says otherwise.

    It holds for libraries that are loaded later: programs ask for it first.
    """
    if not _threads_are_set():
        os.environ.update(dict.fromkeys(_THREADS, "1"))


def _threads_are_set() -> bool:
    return any(name in os.environ for name in _THREADS)


def run_tasks(
    work: Callable[[Task], Result],
    tasks: Mapping[str, Task],
    *,
    jobs: int,
    done: Callable[[str, Result], None],
) -> None:
    """Do every task, in this process or in several.

    A worker does one task, sends its result and gets the next, so memory does not grow with the
    number of tasks. The log lines of a task come from this process, when it is done. Whatever ends
    this function, or this process, ends the workers.

    Parameters
    ----------
    work
        A function of a module (or an object of a class of one) that can be sent to processes.
    tasks
        Name -> task, in order.
    jobs
        Worker processes; with 1 the work is done in this process.
    done
        Called here with the name and result of each task, in the order in which they end.

    Raises
    ------
    WorkerDiedError
        If workers died (the system kills what takes too much memory); every other task was done
        by then.
    Exception
        What a task raises: no further task is begun, and those at work are finished. Of several
        errors, that of the first task.
    """
    if jobs < 2 or len(tasks) < 2:
        for name, task in tasks.items():
            done(name, work(task))
        return
    _Pool(work, tasks, min(jobs, len(tasks)), done).run()


def return_memory() -> None:
    """Give the system back what was freed and is kept for later: forked workers would have it, too.

    Where the C library cannot (musl, macOS), nothing is done.
    """
    import ctypes

    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@dataclass
class _Worker(Generic[Task]):
    """A process, our end of its pipe, and the name of the task that it is at."""

    process: Any
    pipe: connection.Connection
    task: str | None = None


class _Pool(Generic[Task, Result]):
    def __init__(
        self,
        work: Callable[[Task], Result],
        tasks: Mapping[str, Task],
        jobs: int,
        done: Callable[[str, Result], None],
    ) -> None:
        self._work, self._tasks, self._jobs, self._done = work, tasks, jobs, done
        self._waiting = list(tasks)
        self._workers: list[_Worker[Task]] = []
        self._errors: dict[str, BaseException] = {}
        self._died: dict[str, str] = {}

    def run(self) -> None:
        if _START == "fork":
            return_memory()
        try:
            for _ in range(self._jobs):
                self._start()
            while any(w.task is not None for w in self._workers):
                by_pipe = {w.pipe: w for w in self._workers if w.task is not None}
                for pipe in connection.wait(list(by_pipe)):
                    self._receive(by_pipe[pipe])  # type: ignore[index]
        finally:
            self._end()
        for name in self._tasks:
            if name in self._errors:
                raise self._errors[name]
        if self._died:
            raise WorkerDiedError(self._died, n_others=len(self._tasks) - len(self._died))

    def _start(self) -> None:
        """Start a worker and give it a task, if any is left."""
        if not self._waiting or self._errors:
            return
        ours, theirs = connection.Pipe()
        # What a forked worker inherits of the others' pipes it closes: an end that stays open
        # somewhere would hide that its process is gone.
        inherited = [ours, *(w.pipe for w in self._workers)] if _START == "fork" else []
        context: Any = get_context(_START)
        process = context.Process(target=_serve, args=(self._work, theirs, inherited), daemon=True)
        with warnings.catch_warnings(), _control_c_blocked():
            # Python warns of forks beside threads; a worker takes no lock of ours (see `_serve`).
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        worker = _Worker[Task](process, ours)
        self._workers.append(worker)
        self._hand_out(worker)

    def _hand_out(self, worker: _Worker[Task]) -> None:
        worker.task = None
        if self._waiting and not self._errors:
            name = self._waiting.pop(0)
            worker.task = name
            try:
                worker.pipe.send(self._tasks[name])
            except OSError:
                self._bury(worker)

    def _receive(self, worker: _Worker[Task]) -> None:
        try:
            result, error, records = worker.pipe.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        name = str(worker.task)
        for record in records:
            logging.getLogger(record.name).handle(record)
        if error is not None:
            self._errors[name] = error
        self._hand_out(worker)  # it goes on while the result is dealt with here
        if error is None:
            self._done(name, result)

    def _bury(self, worker: _Worker[Task]) -> None:
        """Note what a dead worker was at, and put another in its place."""
        worker.process.join(_PATIENCE)
        self._died[str(worker.task)] = _cause(worker.process.exitcode)
        worker.task = None
        worker.pipe.close()
        self._workers.remove(worker)
        self._start()

    def _end(self) -> None:
        for worker in self._workers:
            if worker.task is not None:
                worker.process.terminate()
            worker.pipe.close()  # an idle worker ends by itself
        deadline = time.monotonic() + _PATIENCE
        try:
            for worker in self._workers:
                worker.process.join(max(deadline - time.monotonic(), 0.1))
        finally:
            for worker in self._workers:
                if worker.process.is_alive():
                    worker.process.kill()
                    worker.process.join()


def _serve(
    work: Callable[[Task], Result],
    pipe: connection.Connection,
    inherited: Sequence[connection.Connection],
) -> None:
    """Do tasks until the pipe closes; in the worker."""
    signal.signal(signal.SIGTERM, _stop)
    for other in inherited:
        other.close()
    if not _threads_are_set():  # in a notebook
        from threadpoolctl import threadpool_limits

        one_thread_each()  # of what is loaded later
        threadpool_limits(1)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    records: list[logging.LogRecord] = []
    _LOGGER.handlers = [_Keep(records)]
    _LOGGER.propagate = False
    try:
        for task in _received(pipe):
            records.clear()
            result, error = None, None
            try:
                result = work(task)
            except Exception as raised:  # noqa: BLE001 - the parent raises it again
                error = _portable(raised)
            try:
                pipe.send((result, error, records))
            except OSError:
                return
            except Exception as raised:  # noqa: BLE001 - nothing was sent: it is pickled first
                pipe.send((None, RuntimeError(f"the result cannot be sent: {raised}"), records))
    except _StoppedError:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # the exit code tells the parent


class _StoppedError(BaseException):
    """Ends a worker by way of every `finally`: what it has begun to write is removed."""


def _stop(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise _StoppedError


def _received(pipe: connection.Connection) -> Iterator[Any]:
    while True:
        try:
            yield pipe.recv()
        except (EOFError, OSError):
            return


def _portable(error: Exception) -> Exception:
    """The error, or what it says where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its own pickling raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@contextmanager
def _control_c_blocked() -> Iterator[None]:
    """Control-C reaches every process of a terminal; a worker started here never sees it.

    The parent alone decides what it means; one that comes meanwhile is kept for it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class _Keep(logging.Handler):
    """Keeps log records as texts, to be sent to the parent."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        self._records.append(record)


def _cause(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        if -exit_code == signal.SIGKILL:
            return f"{name}, as the system sends it where memory runs out"
        return name
    return f"exit code {exit_code}"
