#!/usr/bin/env bash
# Make .venv at the top of the clone, with the package and the tested versions of its libraries.
# Sourced by test.sh; leaves PYTHON pointing at the environment's interpreter.
set -eu
TOP="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$TOP/.venv"
PYTHON="$VENV/bin/python"

say() { printf '%s\n' "$*" >&2; }

missing_from_system() {
    command -v bedtools >/dev/null || echo bedtools
    command -v cc >/dev/null || command -v gcc >/dev/null || echo build-essential
    # deeptools compiles one part on installation, against zlib and the Python headers.
    printf '#include <zlib.h>\n' | ${CC:-cc} -E - >/dev/null 2>&1 || echo zlib1g-dev
    local python
    python="$(find_python || true)"
    if [ -z "$python" ]; then
        echo python3
        return
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    "$python" -c 'import os, sysconfig, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
        echo python3-dev
}

# The tested version first.
find_python() {
    local candidate
    for candidate in "${RESIST_EPI_PYTHON:-}" python3.11 python3 python3.12 python3.13; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

install_system_packages() {
    local packages
    packages="$(missing_from_system | sort -u | tr '\n' ' ')"
    [ -n "${packages// /}" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing from the distribution: $packages"
        apt-get update -qq
        # shellcheck disable=SC2086  # a list of words is meant
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
        return 0
    fi
    say "missing on this system: $packages"
    say "  Debian, Ubuntu: sudo apt-get install $packages"
    say "  conda:          conda install -c conda-forge -c bioconda python=3.11 bedtools zlib c-compiler"
    say "  macOS:          brew install python bedtools zlib && xcode-select --install"
    exit 1
}

# The tests of the report need a browser; they skip, saying so, where there is none.
install_browser() {
    local name
    for name in "${RESIST_EPI_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" >/dev/null && return 0
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing from the distribution: chromium"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 ||
            say "no chromium to be had: the tests of the report in a browser will skip"
    else
        say "no chromium found: the tests of the report in a browser will skip"
    fi
}

# The tests of workflows need a SLURM, and Snakemake in an environment of its own; they skip, saying
# so, where one of them is missing.
install_slurm() {
    local name missing=""
    for name in munged slurmctld slurmd sbatch; do
        PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing from the distribution: SLURM"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins >&2 ||
            say "no SLURM to be had: the tests of workflows under it will skip"
    else
        say "missing on this system:$missing; the tests of workflows under SLURM will skip"
        say "  Debian, Ubuntu: sudo apt-get install slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins"
    fi
}

# An environment, made anew where the versions or the package's own metadata have changed.
#   environment FOLDER NAME ARGUMENTS OF PIP INSTALL...
environment() {
    local own="$1" made_of
    made_of="$(stamp) $2"
    shift 2
    [ ! -x "$own/bin/python" ] || [ "$(cat "$own/.stamp" 2>/dev/null)" != "$made_of" ] || return 0
    say "setting up $own"
    "$(find_python)" -m venv --clear "$own" || return 1
    "$own/bin/python" -m pip install --quiet --disable-pip-version-check "$@" || return 1
    echo "$made_of" >"$own/.stamp"
}

stamp() { cat "$TOP/constraints.txt" "$TOP/setup.cfg" "$TOP/resist_epi/version.py" | cksum; }

make_environment() {
    environment "$VENV" "$1" --constraint "$TOP/constraints.txt" --editable "$TOP[$1]"
}

# Leaves RESIST_EPI_SNAKEMAKE pointing at the program, unless it names one already.
make_snakemake_environment() {
    [ -z "${RESIST_EPI_SNAKEMAKE:-}" ] || return 0
    local own="$TOP/.venv-snakemake" wanted
    # The lines of the extra, which are those of people who install it.
    wanted="$(sed -n '/^workflow =/,/^[a-z]/s/^    //p' "$TOP/setup.cfg" | tr '\n' ' ')"
    # shellcheck disable=SC2086  # a list of words is meant
    environment "$own" workflow --constraint "$TOP/constraints.txt" $wanted || return 1
    export RESIST_EPI_SNAKEMAKE="$own/bin/snakemake"
}

# Programs and libraries that read what a run writes (MultiQC, RO-Crate, AnnData, which takes an older
# pandas) or do the same (liftover): the package beside them, in an environment of its own. Leaves
# PEERS pointing at its interpreter.
make_peers_environment() {
    local own="$TOP/.venv-peers"
    PEERS="$own/bin/python"
    environment "$own" peers --editable "$TOP[anndata]" \
        pytest pytest-xdist hypothesis multiqc==1.35 rocrate==0.16.0 liftover==1.5.0
}

install_system_packages
