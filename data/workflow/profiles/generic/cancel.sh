#!/bin/sh
# cancel.sh NUMBER...: take these jobs back.
exec scancel "$@"
