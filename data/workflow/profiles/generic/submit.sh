#!/bin/sh
# submit.sh RULE THREADS MB MINUTES SCRIPT: hand the script in, and print the job's number and nothing else.
mkdir -p .snakemake/scheduler_logs
exec sbatch --parsable --job-name "$1" --cpus-per-task "$2" --mem "$3" --time "$4" \
    --output ".snakemake/scheduler_logs/$1.%j.log" "$5"
