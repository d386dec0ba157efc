"""What MultiQC shows of a run beside other tools: its custom content, and versions of software.

The form is that of MultiQC's pages on custom content and on versions of software: `#` lines of
YAML, then a table whose first column names the sample. These tables have no line on their size,
since MultiQC reads its own `#` lines only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from resist_epi.io.run_folder import JOINT, RunFile, run_path
from resist_epi.io.store import write_text
from resist_epi.io.tables import read_table, read_top
from resist_epi.schema import KINDS
from resist_epi.study.provenance import Provenance
from resist_epi.study.steps.outputs import Outputs

_SHARE = {"min": 0, "max": 1, "format": "{:,.3f}"}
_NUMBER = {"min": 0, "format": "{:,.0f}"}

# Column of `qc.tsv` -> its header of the general statistics.
_LIBRARIES: dict[str, dict[str, Any]] = {
    "mark": {"title": "Mark", "description": "Factor of the sheet"},
    "condition": {"title": "Group", "description": "Condition of the sheet"},
    "library_size": {
        "title": "Library size",
        "description": "Reads, or total coverage; qc.tsv says which",
        "scale": "Blues",
        **_NUMBER,
    },
    "n_peaks": {"title": "Peaks", "description": "Peaks of the sheet's file", **_NUMBER},
    "fraction_in_peaks": {
        "title": "In peaks",
        "description": "Share of the library in the peaks of all samples of its mark",
        "scale": "Greens",
        **_SHARE,
    },
    "fraction_in_promoters": {
        "title": "In promoters",
        "description": "Share of the library in promoters",
        "scale": "Purples",
        **_SHARE,
    },
    "fraction_zero": {
        "title": "Empty regions",
        "description": "Share of the mark's regions without a count",
        "scale": "OrRd",
        **_SHARE,
    },
    "spike_in_reads": {
        "title": "Spike-in",
        "description": "Reads of an exogenous genome",
        **_NUMBER,
    },
}

_CALLS: dict[str, dict[str, Any]] = {
    "gain": {"title": "Gain", "description": "Regions with more mark", "scale": "Reds", **_NUMBER},
    "loss": {"title": "Loss", "description": "Regions with less mark", "scale": "Blues", **_NUMBER},
    "tested": {"title": "Tested", "description": "Regions that passed the filter", **_NUMBER},
    "regions": {"title": "Regions", "description": "Regions counted", **_NUMBER},
    "method": {"title": "Test", "description": "Method of the test"},
    "normalization": {"title": "Normalisation", "description": "That the calls rest on"},
}


def write_multiqc(
    out: Path, marks: Sequence[str], contrasts: Sequence[Path], provenance: Provenance
) -> list[Path]:
    """Write the libraries, calls and size factors of a run, and versions, for MultiQC.

    Parameters
    ----------
    out
        A run's folder, with its other tables.
    contrasts
        Folders of its contrasts; none where it has one.

    Returns
    -------
    list of Path
        What was written; a table without rows is not.

    Raises
    ------
    InputFormatError
        If a table of the run is damaged, or the folder cannot be written.
    """
    outputs = Outputs(out)
    places = [p for p in contrasts if p.name != JOINT] or [out]
    _write(outputs, "multiqc_libraries", "Libraries", "generalstats", *_libraries(out))
    _write(outputs, "multiqc_calls", "Differential regions", "table", *_calls(places, marks))
    _write(outputs, "multiqc_factors", "Size factors", "table", *_factors(places[0], marks))
    software = {
        "resist_epi": provenance.version,
        "Python": provenance.python,
        **dict(sorted(provenance.libraries.items())),
    }
    text = yaml.safe_dump({"resist_epi": software}, sort_keys=False)
    write_text(outputs.add(outputs.path("multiqc_versions")), text)
    return outputs.written


_Columns = Mapping[str, Mapping[str, Any]]


def _libraries(out: Path) -> tuple[pd.DataFrame, _Columns, str]:
    table = read_table(run_path(out, "all_quality"))
    filled = [c for c in _LIBRARIES if c in table and not table[c].isna().all()]
    table = table[["sample", *filled]]
    return table, {c: _LIBRARIES[c] for c in filled}, "Libraries of the study, a row each."


def _calls(places: Sequence[Path], marks: Sequence[str]) -> tuple[pd.DataFrame, _Columns, str]:
    rows: list[dict[str, Any]] = []
    words, fdr = [], ""
    for place in places:
        in_words = ""
        for mark in marks:
            for kind in KINDS:
                path = run_path(place, "results", mark, kind)
                if not path.is_file():
                    continue
                header = read_top(path)
                facts = header["facts"]
                in_words, fdr = str(header["contrast"]), f"{header['question']['fdr']:g}"
                name = f"{mark} {kind}"
                rows.append({
                    "regions of": f"{name}, {place.name}" if len(places) > 1 else name,
                    **facts["calls"],
                    "tested": facts["filter"]["kept"],
                    "regions": facts["filter"]["of"],
                    "method": facts["method"]["name"],
                    "normalization": facts["normalization"]["name"],
                })  # fmt: skip
        if in_words:
            words.append(in_words.partition(";")[0])
    said = f"Regions that differ at a false discovery rate of {fdr}: {'; '.join(words)}."
    return pd.DataFrame(rows, columns=["regions of", *_CALLS]), _CALLS, said


def _factors(place: Path, marks: Sequence[str]) -> tuple[pd.DataFrame, _Columns, str]:
    """Size factors by which the results were normalised, a row a unit, a column a mark."""
    columns = {}
    for mark in marks:
        path = run_path(place, "normalization", mark)
        if path.is_file():
            table = read_table(path)
            own = table[table["normalization"] == table["normalization"].iloc[0]]
            columns[mark] = own.set_index("sample")["size_factor"]
    table = pd.DataFrame(columns).rename_axis("unit").reset_index()
    about = {"description": "Factor on the unit's library size", "format": "{:,.3f}", "min": 0}
    headers = {mark: {"title": mark, **about} for mark in columns}
    said = (
        "Factors on the library sizes, by the normalisation that the results rest on: 1 is a unit"
        " that its library size alone describes."
    )
    return table, headers, said


def _write(
    outputs: Outputs,
    name: RunFile,
    title: str,
    plot: str,
    table: pd.DataFrame,
    columns: _Columns,
    said: str,
) -> None:
    """Write a table with its `#` lines; none without rows."""
    if table.empty:
        return
    path = outputs.path(name)
    own = path.name.removesuffix("_mqc.tsv")
    top: dict[str, Any] = {
        "id": own,
        "parent_id": "resist_epi",
        "parent_name": "resist_epi",
        "parent_description": "Differential histone marks. For research use.",
        "section_name": title,
        "description": _plain(said),
        "plot_type": plot,
        "file_format": "tsv",
    }
    if plot == "generalstats":
        top = {"id": own, "plot_type": plot, "file_format": "tsv", "namespace": "resist_epi"}
    else:
        top["pconfig"] = {"id": f"{own}_table", "title": f"resist_epi: {title}"}
    named = {_plain(c): {k: _shown(v) for k, v in about.items()} for c, about in columns.items()}
    if plot == "generalstats":
        named = {c: {"namespace": "resist_epi", **about} for c, about in named.items()}
    lines = yaml.safe_dump({**top, "headers": named}, sort_keys=False, width=10_000).splitlines()
    rows = [list(map(_plain, table.columns)), *map(_row, table.to_numpy(dtype=object).tolist())]
    text = "".join(f"# {line}\n" for line in lines)
    write_text(outputs.add(path), text + "".join("\t".join(row) + "\n" for row in rows))


def _row(values: Sequence[Any]) -> list[str]:
    return [
        "" if pd.isna(v) else f"{v:.10g}" if isinstance(v, float) else _plain(v) for v in values
    ]


def _shown(value: Any) -> Any:
    return _plain(value) if isinstance(value, str) and "{" not in value else value


def _plain(value: object) -> str:
    """A name that is text in a page of MultiQC, which shows what stands in a table as HTML."""
    text = " ".join(str(value).split()).replace("<", "(").replace(">", ")").replace("&", "+")
    return text.replace('"', "'").lstrip("#")
