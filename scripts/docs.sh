#!/usr/bin/env bash
# Build the documentation's site in a folder (default: site/), without network; warnings are errors.
#   bash scripts/docs.sh [FOLDER]
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
. "$HERE/setup.sh"
make_environment dev
SITE="$(realpath -m "${1:-$TOP/site}")"
cd "$TOP"
"$PYTHON" -m sphinx -W --keep-going -q -b html -d "$SITE/.doctrees" -c docs . "$SITE"
# A page that is opened without network shows all of itself.
if grep -rlE '<(script|link|img|iframe)[^>]+(src|href)="(https?:)?//' --include='*.html' "$SITE"; then
    echo "these pages of the site load something from the network" >&2
    exit 1
fi
echo "site: $(find "$SITE" -name '*.html' | wc -l) pages in $SITE, with no warning and nothing from the network"
