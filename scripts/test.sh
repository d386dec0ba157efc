#!/usr/bin/env bash
# Set up the package in .venv and run its tests.
#   bash scripts/test.sh              the tests
#   bash scripts/test.sh --all        also lint, types, a wheel in an empty environment, the site of the
#                                     documentation, fuzzing, MultiQC and other peers, real data, SLURM
#   bash scripts/test.sh --slurm      workflows under a real SLURM alone, which is installed: at most ten minutes
#   bash scripts/test.sh -k peaks     anything else goes to pytest
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
. "$HERE/setup.sh"
make_environment dev
cd "$TOP"

# Tests start hundreds of processes: each would compile the package anew, and spin on every core.
unset PYTHONDONTWRITEBYTECODE
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# Beside nothing else: SLURM's daemons take the machine for themselves. Interrupted, pytest stops them.
test_slurm() {
    install_slurm
    make_snakemake_environment || say "no Snakemake to be had: the tests of workflows under SLURM will skip"
    timeout --signal=INT --kill-after=60 600 "$PYTHON" -m pytest -n 0 tests/study/test_slurm.py "$@"
}

# What other programs and libraries say of our files; where they cannot be had, these tests skip below.
test_peers() {
    make_peers_environment || {
        say "no environment of peers to be had: the tests that ask them will skip"
        return 0
    }
    RESIST_EPI_MULTIQC="$TOP/.venv-peers/bin/multiqc" "$PEERS" -m pytest -n 0 -m "not slurm" \
        tests/study/steps/test_multiqc.py tests/study/steps/test_crate.py tests/io/test_annotated.py \
        tests/genome/test_lift.py
}

if [ "${1:-}" = --slurm ]; then
    shift
    test_slurm "$@"
    exit
fi

ALL=0
if [ "${1:-}" = --all ]; then
    ALL=1
    shift
fi

if [ "$ALL" = 1 ]; then
    install_browser
    "$PYTHON" -m ruff check .
    "$PYTHON" -m ruff format --check .
    "$PYTHON" -m mypy
    bash "$HERE/test_wheel.sh"
    SITE="$(mktemp -d)"
    bash "$HERE/docs.sh" "$SITE"
    rm -rf "$SITE"
    "$PYTHON" validation/fuzz_readers.py --seconds 120
    test_peers
    test_slurm
    exec "$PYTHON" -m pytest -n 2 --dist worksteal -m "not slurm" "$@"
fi
exec "$PYTHON" -m pytest -n 2 --dist worksteal -m "not real and not slurm" "$@"
