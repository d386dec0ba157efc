"""In what two runs differ: version, libraries, settings, inputs, and what defaults chose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from resist_epi.samples.facts import facts_of
from resist_epi.schema import RUN_DIFFERENCES, names
from resist_epi.study.run_read import Key, RunRead

CALLS, COUNTS, AFTER, NOTHING = "calls", "counts", "what follows the calls", "nothing"

# Settings of a study by what they act on; those of a question act on calls, others on counts.
_AFTER = frozenset({
    "gene_sets", "partition", "expression", "proteomics", "methylation", "evidence_max_p",
    "evidence_min_fold_change", "survival_expression", "survival_clinical", "survival_adjust",
    "survival_strata", "survival_treatment", "survival_worse", "sites", "contacts", "known",
})  # fmt: skip
_NOTHING = frozenset({"jobs", "values", "joint"})
_OF_QUESTION = frozenset({
    "design", "contrast", "coefficient", "method", "normalize", "fdr", "lfc_threshold", "block",
    "strata", "hidden", "weights", "control", "copy_number", "segments", "fasta",
})  # fmt: skip


def run_differences(a: RunRead, b: RunRead, pairs: Mapping[Key, tuple[Key, Key]]) -> pd.DataFrame:
    """Versions, settings, inputs, and what defaults chose, that differ; `schema.RUN_DIFFERENCES`.

    Settings that name files differ where their contents do, and tracks are the same where their
    checksums are, wherever they lie.

    Parameters
    ----------
    pairs
        Tables that both have, as `compare.Compared` holds them.
    """
    rows = [("version", "resist_epi", *_of(a, b, "version"), CALLS)]
    for name in dict.fromkeys([*a.record.get("libraries", {}), *b.record.get("libraries", {})]):
        versions = [str(r.record.get("libraries", {}).get(name, "")) for r in (a, b)]
        rows.append(("library", name, *versions, CALLS))
    rows += _settings(a, b)
    rows += _inputs(a, b)
    rows += _done(a, b, pairs)
    rows = [row for row in rows if row[2] != row[3]]
    return pd.DataFrame(rows, columns=names(RUN_DIFFERENCES)).astype(str)


def _of(a: RunRead, b: RunRead, name: str) -> tuple[str, str]:
    return str(a.record.get(name, "")), str(b.record.get(name, ""))


def _acts_on(setting: str) -> str:
    if setting in _NOTHING:
        return NOTHING
    if setting in _AFTER or setting.startswith("sites."):
        return AFTER
    return CALLS if setting in _OF_QUESTION else COUNTS


def _settings(a: RunRead, b: RunRead) -> list[tuple[str, str, str, str, str]]:
    """Settings; of those that name a file, the file's digest decides."""
    mine, theirs = (r.record.get("parameters", {}) for r in (a, b))
    rows = []
    for name in dict.fromkeys([*mine, *theirs]):
        values = [m.get(name) for m in (mine, theirs)]
        digests = [r.digest(v) for r, v in zip((a, b), values, strict=True)]
        if digests[0] == digests[1] and digests[0] is not None:
            continue
        shown = ["not set" if v is None else v if isinstance(v, str) else json.dumps(v)
                 for v in values]  # fmt: skip
        if shown[0] == shown[1] and digests[0] != digests[1]:
            shown = [f"{s} ({(d or 'no file')[:8]})" for s, d in zip(shown, digests, strict=True)]
        rows.append(("setting", str(name), shown[0], shown[1], _acts_on(str(name))))
    return rows


def _inputs(a: RunRead, b: RunRead) -> list[tuple[str, str, str, str, str]]:
    """Input files by content, but for those that settings name."""
    named = [set(map(str, _texts(r.record.get("parameters", {})))) for r in (a, b)]
    mine, theirs = (
        {p: str(d) for p, d in r.record.get("inputs", {}).items() if p not in n}
        for r, n in zip((a, b), named, strict=True)
    )
    only_a = {p: d for p, d in mine.items() if d not in set(theirs.values())}
    only_b = {p: d for p, d in theirs.items() if d not in set(mine.values())}
    rows = []
    by_name = {Path(p).name: p for p in only_b}
    for path, digest in only_a.items():
        other = by_name.pop(Path(path).name, None)
        theirs_now = "not there" if other is None else f"sha256 {only_b[other][:8]}"
        rows.append(("input", Path(path).name, f"sha256 {digest[:8]}", theirs_now, COUNTS))
    rows += [
        ("input", name, "not there", f"sha256 {only_b[path][:8]}", COUNTS)
        for name, path in by_name.items()
    ]
    return rows


def _texts(values: object) -> list[str]:
    """Every text among plain values."""
    if isinstance(values, Mapping):
        return [t for v in values.values() for t in _texts(v)]
    if isinstance(values, list | tuple):
        return [t for v in values for t in _texts(v)]
    return [values] if isinstance(values, str) else []


# What a table's facts say was done, where `auto` or no setting left it open: part, field, words.
_DONE = (
    ("quantity", "name", "quantity"),
    ("normalization", "name", "normalisation"),
    ("method", "name", "test"),
    ("hidden", "adjusted", "hidden factors adjusted"),
)


def _done(
    a: RunRead, b: RunRead, pairs: Mapping[Key, tuple[Key, Key]]
) -> list[tuple[str, str, str, str, str]]:
    """What was done differently, by mark and kind; equal lines of several kinds are one."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for shown, (in_a, in_b) in pairs.items():
        facts = [facts_of(t.attrs["header"]) for t in (a.tables[in_a], b.tables[in_b])]
        for part, field, words in _DONE:
            values = [f.get(part) for f in facts]
            one, other = (
                str(v.get(field, "")).replace("_", " ") if isinstance(v, Mapping) else ""
                for v in values
            )
            if one != other:
                line = (words, one or "none", other or "none")
                found.setdefault(line, []).append(f"{shown.mark} {shown.kind}")
    return [
        ("done", f"{words} of {', '.join(dict.fromkeys(where))}", one, other, CALLS)
        for (words, one, other), where in found.items()
    ]
