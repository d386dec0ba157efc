#!/usr/bin/env bash
# Set up the package in .venv, simulate a small cohort of tumours and run a whole study on it.
#   bash scripts/demo.sh              writes demo_out at the top of the clone
#   bash scripts/demo.sh --seed 2     anything else goes to resist-epi demo
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
. "$HERE/setup.sh"
make_environment dev
cd "$TOP"
exec "$VENV/bin/resist-epi" demo -o demo_out "$@"
