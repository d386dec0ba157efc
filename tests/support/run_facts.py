"""A run with other facts than it has."""

from __future__ import annotations

from dataclasses import replace

from resist_epi.report.gather import RunTables, Sheet


def with_facts(run: RunTables, **facts: object) -> RunTables:
    """The run with other facts beside the results of its first mark."""
    mark = run.marks[0]
    named = {k.replace("_", " "): v for k, v in facts.items()}
    changed = {
        kind: Sheet(sheet.table, {**sheet.header, "facts": {**sheet.facts, **named}})
        for kind, sheet in mark.results.items()
    }
    return replace(run, marks=(replace(mark, results=changed), *run.marks[1:]))
