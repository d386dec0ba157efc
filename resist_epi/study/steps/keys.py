"""What each step of a run depends on, as one digest a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from resist_epi.genes.builtin import GO
from resist_epi.io.digest import step_key
from resist_epi.samples.presets import preset
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.study.provenance import Provenance
from resist_epi.study.settings import EVIDENCE, PATHS, SITES
from resist_epi.study.steps.dna import controls_keys
from resist_epi.study.steps.domains import domain_keys
from resist_epi.study.study import Study, mark_kinds


def mark_keys(
    study: Study, mark: str, inputs: Mapping[str, str], *, dna: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Step -> digest of what it depends on, for counts, windows, shares and tests.

    Parameters
    ----------
    inputs
        Path -> checksum of every input file.
    dna
        Step -> digest of what the study's copy number depends on.
    """
    sheet, settings, chosen = study.sheet.for_mark(mark), study.settings, preset(mark)

    def sums(*paths: object) -> list[str | None]:
        return [inputs.get(str(p)) for p in paths]

    sources = study.sources[mark]
    shared = {
        # A list: in this order libraries are columns and rows.
        "files counted": [[s, *sums(file.path)] for s, file in sources.files.items()],
        "quantity": [sources.quantity, sources.reason],
        "how": {s: file.described() for s, file in sources.files.items()},
        "library_sizes": _listed(sheet, "LibrarySize"),
        "genome": study.reference.name if settings.genes is None else settings.genome,
        "other files": sums(settings.genes, settings.exclude),
        "preset": asdict(chosen),
        "places": study.naming.facts(),  # which every table of counts repeats
    }
    keys: dict[str, str] = {}
    for kind in mark_kinds(study, mark):
        peaks: list[object] | None = None
        if kind == "peaks":  # whose table says how many of each group have a peak
            groups = _listed(sheet, "Condition")
            peaks = [sums(*sheet.table["Peaks"]), settings.min_overlap, groups]
        keys[f"counts {mark}.{kind}"] = step_key(**shared, kind=kind, peaks=peaks)
    keys |= domain_keys(study, mark, keys[f"counts {mark}.bins"], inputs)
    keys |= controls_keys(study, mark, keys, inputs)
    own = [sums(*sheet.table["Peaks"]), settings.min_overlap] if "Peaks" in sheet.table else None
    keys[f"shares {mark}"] = step_key(**shared, peaks=own)
    rows = sheet.table.drop(columns=[c for c in PATH_COLUMNS if c in sheet.table])
    keys[f"tests {mark}"] = step_key(
        counts=list(keys.values()),
        dna=dict(dna or {}),
        rows={str(c): list(map(str, rows[c])) for c in rows},
        settings=settings.model_dump(mode="json", exclude={*PATHS, *EVIDENCE, *SITES, "jobs"}),
        gene_sets=settings.gene_sets if settings.gene_sets == GO else sums(settings.gene_sets),
        peaks=sums(*sheet.table["Peaks"]) if "Peaks" in sheet.table else None,
        **({} if settings.known is None else {"known": sums(settings.known)}),
        **({} if settings.partition is None else {"partition": sums(settings.partition)}),
    )
    return keys


def between_marks_key(study: Study, steps: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    """Digest of what the comparison of marks and assays depends on.

    Parameters
    ----------
    steps
        Step -> digest, of the steps of every mark, in the order of the marks.
    inputs
        Path -> checksum of every input file.
    """
    values = {name: getattr(study.settings, name) for name in EVIDENCE}
    files = {name: inputs.get(str(value)) for name, value in values.items() if name in PATHS}
    return step_key(tests=list(steps.items()), evidence=values | files)


def sites_key(study: Study, steps: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    """Digest of what the tables of sites depend on.

    Parameters
    ----------
    steps
        Step -> digest, of the steps of every mark, in the order of the marks.
    inputs
        Path -> checksum of every input file.
    """
    settings = study.settings
    files = {name: inputs.get(str(path)) for name, path in settings.sites.items()}
    contacts = inputs.get(str(settings.contacts))
    return step_key(tests=list(steps.items()), sites=files, contacts=contacts)


def multiqc_key(steps: Mapping[str, str], provenance: Provenance) -> str:
    """Digest of what the tables for MultiQC depend on.

    Parameters
    ----------
    steps
        Step -> digest, of every other step.
    """
    made = {"python": provenance.python, "libraries": dict(provenance.libraries)}
    return step_key(tests=list(steps.items()), made=made)


def _listed(sheet: SampleSheet, column: str) -> list[str] | None:
    return None if column not in sheet.table else list(map(str, sheet.table[column]))
