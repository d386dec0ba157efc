#!/usr/bin/env bash
# Build a wheel, install it in an empty environment, and use it from another folder.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
. "$HERE/setup.sh"
make_environment dev
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT
"$PYTHON" -m build --wheel --outdir "$WORK/dist" "$TOP" >"$WORK/build.log" 2>&1 || {
    cat "$WORK/build.log" >&2
    exit 1
}
"$PYTHON" -m venv "$WORK/venv"
"$WORK/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$TOP/constraints.txt" "$WORK"/dist/*.whl
cd "$WORK"
"$WORK/venv/bin/resist-epi" --version
"$WORK/venv/bin/resist-epi" regions promoters --genome hg38 -o promoters.bed
lines="$(wc -l <promoters.bed)"
[ "$lines" -gt 20000 ] || {
    echo "the wheel's built-in genes gave $lines promoters; expected more than 20,000" >&2
    exit 1
}
"$WORK/venv/bin/resist-epi" --quiet demo -o out
[ -s out/study/report.html ] || {
    echo "the wheel's demo wrote no report" >&2
    exit 1
}
"$WORK/venv/bin/resist-epi" --quiet workflow init out/cohort/sheet.csv -o wf
[ -s wf/Snakefile ] && [ -x wf/profiles/generic/submit.sh ] || {
    echo "the wheel's workflow lacks its templates" >&2
    exit 1
}
echo "wheel: installed; $lines promoters written from its built-in genes, the demo's report, and a workflow"
