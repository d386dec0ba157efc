#!/bin/sh
# status.sh NUMBER: print success, running or failed.
if answer=$(scontrol --oneliner show job "$1" 2>&1); then
    state=$(printf '%s\n' "$answer" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
    case "$state" in
    COMPLETED) echo success ;;
    PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED | PREEMPTED | REQUEUED) echo running ;;
    *) echo failed ;;
    esac
else
    case "$answer" in
    *"Invalid job id"*) echo failed ;;
    *) echo running ;; # the scheduler does not answer now: ask again later
    esac
fi
