#!/usr/bin/env python
"""Damage files of every kind that the package reads, and see that no reader crashes, hangs or lies.

Each damaged file is read in a worker process. The answer is a value, or a `ResistEpiError` of one
line that names the file (and the line or byte where there is one). No other exception, no warning
of a library, nothing on the terminal, at most 10 seconds (60 where figures are drawn), and no more
memory than 8 times the file and 200 MB. A number that is spelled as none (`1_000`, digits of other
scripts) must not be read as the number. bigWigs have checks of their own (`fuzz_bigwig`): there the
answer must be right, too.

    python validation/fuzz_readers.py                    2,000 files a reader
    python validation/fuzz_readers.py --seconds 120      what two minutes allow, shared out
    python validation/fuzz_readers.py --readers GMT SEG --files 500 --keep DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import fuzz_bigwig
import numpy as np
import pandas as pd
from fuzz_damage import DAMAGE, keep, spelled_otherwise
from fuzz_inputs import Input, every_input, write_input

from resist_epi.errors import ResistEpiError

MEMORY_FACTOR, MEMORY = 8, 200 << 20
MOST_ADDRESSES = 6 << 30  # of a worker: a wild allocation fails instead of taking the machine down
BATCH = 50
BIGWIG = "bigWig"
REFUSED = "refused"


class TooSlow(BaseException):
    """A reader took longer than it may."""


# -- judgement ----------------------------------------------------------------------------------


def judge(one: Input, damaged: bytes, path: Path) -> str:
    """`value`, `refused`, or `BAD: …` with what is wrong."""
    write_input(damaged, one.kind, path)
    before = _peak()
    said = os.lseek(1, 0, os.SEEK_CUR)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        outcome = _read(one, path)
    if outcome.startswith("BAD"):
        return outcome
    if warned:
        return f"BAD: {warned[0].category.__name__}: {str(warned[0].message)[:120]}"
    if os.lseek(1, 0, os.SEEK_CUR) != said:
        return "BAD: a library wrote to the terminal"
    if _peak() - before > MEMORY_FACTOR * len(damaged) + MEMORY:
        return f"BAD: {(_peak() - before) >> 20} MB of memory for {len(damaged)} bytes"
    return outcome


def _read(one: Input, path: Path) -> str:
    # Of the processor: other work on the machine says nothing of a reader.
    signal.setitimer(signal.ITIMER_PROF, one.seconds)
    try:
        one.read(path)
    except ResistEpiError as error:
        text = str(error)
        if "\n" in text or "\r" in text:
            return f"BAD: {len(text.splitlines())} lines: {text[:160]!r}"
        if str(path) not in text:
            return f"BAD: no place: {text[:160]}"
        return "refused" if len(text) < 2000 else f"BAD: {len(text)} characters: {text[:160]}"
    except TooSlow:
        return f"BAD: slower than {one.seconds:g} s"
    except Exception as error:  # noqa: BLE001 (that is the question here)
        where = traceback.extract_tb(error.__traceback__)
        own = [f for f in where if "resist_epi" in f.filename] or where
        at = f"{Path(own[-1].filename).name}:{own[-1].name}"
        return f"BAD: {type(error).__name__} at {at}: {' '.join(str(error).split())[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "value"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def fingerprint(value: Any) -> str:
    """What a reader answered, as text."""
    if isinstance(value, pd.DataFrame):
        return value.to_csv()
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value) if f.name not in {"path", "source"}]
        return str({name: fingerprint(getattr(value, name)) for name in names})
    if isinstance(value, Mapping):
        return str({str(k): fingerprint(v) for k, v in value.items()})
    if isinstance(value, (list, tuple)):
        return str([fingerprint(v) for v in value])
    return repr(value)


def misread(one: Input, path: Path) -> list[str]:
    """Numbers of the file that are read as usual though they are spelled as none."""
    right = _answer(one, one.content, path)
    if right == REFUSED:
        return ["BAD: the undamaged file is refused"]
    found = []
    for what, damaged, other in spelled_otherwise(one.content):
        # A cell that no answer depends on may hold anything.
        if _answer(one, damaged, path) == right and _answer(one, other, path) != right:
            found.append(f"BAD: reads {what} as a number")
    return found


def _answer(one: Input, content: bytes, path: Path) -> str:
    write_input(content, one.kind, path)
    try:
        return fingerprint(one.read(path))
    except Exception:  # noqa: BLE001 (judged elsewhere)
        return REFUSED


# -- work -----------------------------------------------------------------------------------------


def damaged_file(one: Input, number: int) -> bytes:
    """The damaged file of this number."""
    return DAMAGE[one.kind](np.random.default_rng(number), one.content)


def work(jobs: list[tuple[int, int]], everything: list[Input], folder: str) -> list[str]:
    """Outcomes of a batch of (input, number); runs in a worker process."""
    _enter(folder)
    outcomes = []
    for i, number in jobs:
        path = Path(folder) / f"damaged{everything[i].suffix}"
        outcomes.append(judge(everything[i], damaged_file(everything[i], number), path))
    return outcomes


def spellings(everything: list[Input], folder: str) -> list[tuple[str, str]]:
    """Reader and failure for each number that is misread; runs in a worker process."""
    _enter(folder)
    path = Path(folder)
    return [
        (one.reader, bad)
        for one in everything
        if one.kind == "text"
        for bad in misread(one, path / f"spelled{one.suffix}")
    ]


def _enter(folder: str) -> None:
    # What libraries print goes to a file, whose length tells that they did.
    log = os.open(f"{folder}/said", os.O_CREAT | os.O_RDWR | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)

    def stop(*_: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, stop)
    logging.getLogger("resist_epi").addHandler(logging.NullHandler())
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))


def run_batch(jobs: list[tuple[int, int]], everything: list[Input], folder: str) -> list[str]:
    """A batch in a process of its own; a batch that kills or stops it is run file by file."""
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    try:
        return pool.submit(work, jobs, everything, folder).result(timeout=120 + 10 * len(jobs))
    except (BrokenProcessPool, FutureTimeout) as error:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.kill()
        if len(jobs) == 1:
            return [f"BAD: {'crash' if isinstance(error, BrokenProcessPool) else 'hang'}"]
        return [run_batch([job], everything, folder)[0] for job in jobs]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def fuzz(
    everything: list[Input], *, files: int, seed: int, folder: Path, until: float | None = None
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], tuple[int, int]]]:
    """Outcomes by reader, and for each kind of failure the input and number that make it again.

    Batches of all readers take turns, so that a run that ends early has tried them all.
    """
    of_reader: dict[str, list[int]] = {}
    for i, one in enumerate(everything):
        of_reader.setdefault(one.reader, []).append(i)
    turns = [
        [(inputs[n % len(inputs)], seed * 10_000_000 + n) for n in range(at, min(at + size, files))]
        for at, inputs, size in _turns(of_reader, everything, files)
    ]
    outcomes: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], tuple[int, int]] = {}
    for jobs in turns:
        if until is not None and time.monotonic() > until:
            break
        for job, outcome in zip(jobs, run_batch(jobs, everything, str(folder)), strict=True):
            key = everything[job[0]].reader, _kind(outcome)
            outcomes[key] += 1
            examples.setdefault((key[0], outcome if "BAD" in outcome else key[1]), job)
    return outcomes, examples


def _turns(
    of_reader: Mapping[str, list[int]], everything: list[Input], files: int
) -> Iterable[tuple[int, list[int], int]]:
    for at in range(0, files, BATCH):
        for inputs in of_reader.values():
            # A run's folder takes 20 times as long as a file.
            part = BATCH // 10 if everything[inputs[0]].kind == "folder" else BATCH
            for start in range(at, min(at + BATCH, files), part):
                yield start, inputs, part
                if part < BATCH and files <= 10 * BATCH:
                    break


def _kind(outcome: str) -> str:
    """A failure without what differs from file to file."""
    return re.sub(r"[\d'\"].*", "", outcome).strip() if outcome.startswith("BAD") else outcome


def report(outcomes: Counter[tuple[str, str]]) -> list[str]:
    """Lines of a table: reader, files tried, values, refusals, failures; then each failure."""
    readers = sorted({reader for reader, _ in outcomes})
    lines = [f"{'reader':20s} {'tried':>7s} {'value':>7s} {'refused':>8s} {'failed':>7s}"]
    for reader in readers:
        own = {kind: n for (name, kind), n in outcomes.items() if name == reader}
        bad = sum(n for kind, n in own.items() if kind.startswith("BAD"))
        total = sum(own.values())
        lines.append(
            f"{reader:20s} {total:7d} {own.get('value', 0):7d} {own.get('refused', 0):8d} {bad:7d}"
        )
    failures = sorted((name, -n, kind) for (name, kind), n in outcomes.items() if "BAD" in kind)
    return [*lines, *(f"{-n:7d}  {name}: {kind}" for name, n, kind in failures)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000, help="damaged files a reader")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", nargs="+", help="these alone")
    parser.add_argument("--keep", type=Path, help="folder for one input of each kind of failure")
    options = parser.parse_args()
    began = time.monotonic()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.readers is None or BIGWIG in options.readers:
            files = options.files if options.seconds is None else int(8 * options.seconds)
            failed += fuzz_bigwig.report(files, options.seed, folder, options.keep)
        everything = every_input(folder)
        if options.readers is not None:
            everything = [one for one in everything if one.reader in options.readers]
        until = None if options.seconds is None else began + options.seconds
        outcomes, examples = fuzz(
            everything, files=options.files, seed=options.seed, folder=folder, until=until
        )
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
            for reader, outcome in pool.submit(spellings, everything, name).result():
                outcomes[reader, _kind(outcome)] += 1
                print(f"{reader}: {outcome}")
        print("\n".join(report(outcomes)))
        for (reader, outcome), (i, number) in sorted(examples.items()):
            if options.keep and outcome.startswith("BAD"):
                print(f"{reader} {number}: {outcome}")
                file = f"{reader.replace(' ', '_')}.{number}{everything[i].suffix}"
                keep(options.keep, file, damaged_file(everything[i], number))
    failed += sum(n for (_, kind), n in outcomes.items() if kind.startswith("BAD"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
