"""`resist-epi run` as a job that meets with something: put in its place as a workflow's `command`.

    python unlucky.py FOLDER run STUDY -o OUT --stage count --shard 2/3 ...

FOLDER holds a file for every job that is to meet with something, named as `job_name` names it:
`kill` (killed in the middle of its work, once), `wait` (hangs, once) or the MB that it needs
besides. What happened once is renamed to `NAME.happened`; `NAME.attempts` has a line an attempt.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path


def job_name(words: list[str]) -> str:
    """Stage and shard or mark of a job, as `count-2`; `gather` of a plain run."""
    named = dict(pairwise(words))
    which = named.get("--shard", "").partition("/")[0] or named.get("--mark", "")
    return "-".join(filter(None, [named.get("--stage", "gather"), which]))


def main() -> int:
    folder, words = Path(sys.argv[1]), sys.argv[2:]
    name = job_name(words)
    with open(folder / f"{name}.attempts", "a") as attempts:
        attempts.write(f"{os.environ.get('SLURM_JOB_ID', '-')} {'--unlock' in words}\n")
    real = [sys.executable, "-m", "resist_epi", *words]
    asked = folder / name
    what = asked.read_text().strip() if asked.is_file() else ""
    if what in ("kill", "wait"):
        asked.rename(folder / f"{name}.happened")
    if what == "wait":
        time.sleep(600)
    if what == "kill":
        child = subprocess.Popen(real)
        time.sleep(2)
        child.send_signal(signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    if what.isdigit():
        held = bytearray(os.urandom(1 << 20)) * int(what)  # written to, so that it is there
        time.sleep(8)  # SLURM looks every other second
        del held
    return subprocess.run(real, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
