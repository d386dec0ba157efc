"""Tests mirror the house: `resist_epi/PACKAGE/MODULE.py` has `tests/PACKAGE/test_MODULE.py`.

A module without a file of that name stands here with the files that prove it and the reason why
they do; each of them imports the module, or comes to it in two steps of imports at most.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
import structure

from resist_epi.plots import PLOTS

TESTS = Path(__file__).resolve().parent
MODULES = structure.read_modules()
STEPS = 2

READ_GENES = "one gene in every format is one annotation, whichever reader it takes"
RECOVERY = "a part of recovery: fragments that are known come back, or the reason why not"
RUN = "a step of a run: what it writes is in the run's folder"
STAGE = "stages together give what a plain run gives"
VERB = "the verb runs where its work is tested"

# Module: the files that prove it, and why they do.
PROVED_ELSEWHERE: dict[str, tuple[tuple[str, ...], str]] = {
    "model.asked": (
        ("model/test_analysis.py",),
        "the question that is put to a sheet",
    ),
    "model.composition": (("model/test_analysis.py",), "one-sided calls are said"),
    "model.fit_units": (("model/test_hidden.py",), "factors enter the fit, weights are gated"),
    "model.scalings": (("model/test_normalization.py",), "every record is tried with its function"),
    "io.table_text": (("io/test_tables.py",), "what a table must be, read from a file"),
    "io.whole_table": (("io/test_tables.py",), "a table cut anywhere is refused"),
    "samples.sheet_checks": (("samples/test_read_sheet.py",), "wrong cells of a sheet are named"),
    "simulation.planting": (
        ("simulation/test_honest.py", "simulation/test_cohort.py"),
        "what is planted where, and which tumours carry it",
    ),
    "simulation.streams": (
        ("simulation/test_narrow_marks.py",),
        "one mark more leaves the others as they were",
    ),
    "samples.terms": (("samples/test_formula.py",), "terms are what the parser makes"),
    "stats.linear.many_samples": (
        ("stats/linear/test_least_squares.py",),
        "many samples give what few would",
    ),
    "stats.linear.responses": (
        ("stats/linear/test_least_squares.py",),
        "float32 stays so, and what is computed of it is float64",
    ),
    "arrays": (("stats/test_counts.py",), "names of types, nothing that runs"),
    "cli.options": (
        ("docs/test_commands.py", "cli/test_bad_input.py"),
        "options stand in commands: each that is named exists, wrong ones are refused",
    ),
    "cli.plot_draw": (("cli/test_plot.py",), VERB),
    "cli.plot_locus": (("cli/test_plot.py",), VERB),
    "cli.plot_options": (("cli/test_plot.py",), VERB),
    "plots.heatmap_panels": (("plots/test_heatmap.py",), "a part of the heatmap"),
    "plots.locus_genes": (("plots/test_locus.py",), "a part of a locus"),
    "plots.locus_place": (("plots/test_locus.py",), "a part of a locus"),
    "plots.region_rows": (("plots/test_heatmap.py",), "groups, clusters and orders of regions"),
    "cli.compare": (("study/test_compare_causes.py",), VERB),
    "report.compare": (("study/test_compare_causes.py",), "the page of the verb"),
    "study.compare_calls": (("study/test_compare.py",), "what becomes of calls"),
    "study.run_differences": (("study/test_compare.py",), "what two runs were made from"),
    "study.run_read": (("study/test_compare.py", "study/test_compare_causes.py"), "runs read back"),
    "io.run_record": (("report/test_gather.py", "study/test_compare.py"), "records, read back"),
    "cli.profile": (("study/test_profile_sheet.py",), VERB),
    "cli.tracks": (("study/test_make_tracks.py",), VERB),
    "cli.report": (("report/test_page.py",), VERB),
    "counting.passes": (("counting/test_files.py",), "what is asked of files, in one record"),
    "counting.plan": (
        ("counting/test_coverage.py", "counting/test_files.py"),
        "one pass over several tables gives what a pass each gives",
    ),
    "counting.sources": (
        ("tracks/recovery/test_recovery.py", "study/test_count_sheet.py"),
        "the files of a sheet are counted as what they are",
    ),
    "dna.describe": (("study/test_confounded_run.py",), RUN),
    "dna.options": (("study/test_confounded_run.py",), "refused before anything is counted"),
    "dna.segments": (("study/test_confounded_run.py",), RUN),
    "genome.bed_table": (("genome/test_peaks.py",), "dialects of BED and bad lines, read as peaks"),
    "genome.consensus_rule": (("genome/test_consensus.py",), "names of a default, used there"),
    "genome.gene_rows": (("genome/test_read_genes.py",), READ_GENES),
    "genome.genepred": (("genome/test_read_genes.py",), READ_GENES),
    "genome.gtf": (("genome/test_read_genes.py",), READ_GENES),
    "io.checked_file": (
        ("tracks/bigwig/test_track.py", "tracks/reads/test_bam.py"),
        "damage of the binary files that are read through it",
    ),
    "io.remote.either": (("study/test_staged.py",), "files here and elsewhere give the same"),
    "io.remote.origin": (("io/remote/test_cache.py",), "what stands beside a copy"),
    "study.check_remote": (("study/test_staged.py",), "check of a sheet of addresses"),
    "io.first_bytes": (("tracks/test_open.py",), "the content decides how a file is opened"),
    "io.lines": (("tracks/test_bedgraph.py",), "any line ends in any chunks"),
    "io.optional": (("io/test_excel.py", "io/test_annotated.py"), "the line that installs it"),
    "io.run_folder": (("report/test_gather.py",), "names of a run's files, read back"),
    "mechanism.assays": (("mechanism/test_evidence.py",), "records; their signs are used there"),
    "model.count_models": (("model/test_methods.py",), "one method of the registry"),
    "model.factor_search": (
        ("model/test_hidden.py",),
        "factors of every design are found; twins get their values of them",
    ),
    "model.fit": (("model/test_methods.py",), "the record that every method fills"),
    "model.header": (("model/test_methods.py",), "the choice and its reason stand in the header"),
    "model.hidden_words": (
        ("model/test_hidden.py",),
        "each thing that may be found is said, and what is done about it",
    ),
    "model.linear_models": (("model/test_methods.py",), "methods of the registry"),
    "model.normalization_method": (("model/test_registry.py",), "a record; a toy goes through all"),
    "pipeline": (("study/test_pipeline.py", "study/test_resume.py"), "whole runs are in study/"),
    "plots.own_colours": (("plots/test_sheet_labels.py",), "figures wear the colours of a block"),
    "plots.frame": (("plots/test_heatmap.py", "plots/test_samples.py"), "the frame of figures"),
    "report.peaks_figures": (("report/test_peaks_page.py",), "drawn by a run of peaks alone"),
    "report.peaks_gather": (("report/test_peaks_page.py",), "tables of such a run, read back"),
    "report.peaks_words": (("report/test_peaks_page.py",), "what stands in its page"),
    "report.records": (("report/test_gather.py",), "damaged records are named"),
    "report.templating": (("report/test_page.py",), "what the pages are made by"),
    "report.interactive": (("report/test_browser.py",), "used in a real browser"),
    **{
        f"schema.{name}": (
            ("study/test_pipeline.py", "io/test_tables.py"),
            "the contract; tables hold to it",
        )
        for name in ("column", "comparison", "findings", "regions", "study")
    },
    "schema.meanings": (("io/test_excel.py",), "every column of results is explained"),
    **{
        f"schema.{name}": (("docs/test_columns.py",), "every column is on the page of columns")
        for name in ("beside", "dictionary")
    },
    "schema.sheet": (
        ("study/test_json_schemas.py",),
        "numbers of a sheet are judged as its schema judges them",
    ),
    "stats.groups.subset_null": (
        ("stats/groups/test_carriers.py",),
        "the null of the test of carriers: noise alone is not called",
    ),
    "stats.linear.design": (("samples/test_design.py",), "refused designs, by their names"),
    "stats.linear.robust_prior": (("stats/linear/test_moderation.py",), "held against R"),
    "stats.linear.scaled_f": (("stats/linear/test_moderation.py",), "held against R"),
    "stats.literature": (("report/test_words.py",), "records; what was run is cited"),
    "study.analyse_counts": (("cli/test_diff.py", "study/test_repeat.py"), VERB),
    "study.loaded": (("study/test_changed_sheet.py", "study/stages/test_run_stage.py"), RUN),
    "study.provenance": (("study/test_pipeline.py",), RUN),
    **{
        f"study.stages.{name}": (("study/stages/test_run_stage.py",), STAGE)
        for name in ("count", "looks", "mark", "plan", "plan_file")
    },
    "study.analyse": (("study/test_count_study.py",), "what it gives is what a run gives"),
    "study.answers": (("study/test_count_study.py",), "the same"),
    "study.enrich_study": (("docs/test_readme_snippet.py",), "the snippet has a run's gene sets"),
    "study.study_counts": (("study/test_count_study.py",), "the same"),
    "study.regions": (("cli/test_count.py", "cli/test_regions.py"), VERB),
    "study.steps.analyses": (("study/test_pipeline.py",), RUN),
    "study.steps.count_mark": (("study/test_pipeline.py", "study/test_resume.py"), RUN),
    "study.steps.dna": (("study/test_confounded_run.py",), RUN),
    "study.steps.domains": (("study/test_pipeline.py",), RUN),
    "study.steps.mark_tests": (("study/test_pipeline.py",), RUN),
    "study.steps.occupancy": (("study/test_peaks_study.py",), RUN),
    "study.steps.outputs": (("genes/test_set_registry.py", "study/test_pipeline.py"), RUN),
    "study.steps.sites": (("study/test_sites.py",), RUN),
    "tracks.lift_files": (("study/test_lifted.py",), "every kind of file is written anew"),
    "study.steps.session": (("study/test_pipeline.py",), RUN),
    "study.steps.sets": (("genes/test_set_registry.py",), RUN),
    "study.study": (("study/test_pipeline.py", "study/test_openings.py"), "read by every run"),
    "tracks.engine.cuts": (("tracks/engine/test_region_sums.py",), "segments of any regions"),
    "tracks.engine.segment_loop": (
        ("tracks/engine/test_adjacent_bins.py", "tracks/engine/test_region_sums.py"),
        "NumPy's way gives the same digits",
    ),
    "tracks.engine.track": (
        ("tracks/bigwig/test_track.py", "tracks/test_bedgraph.py"),
        "the base class; each kind of track is tested",
    ),
    "tracks.reads.bam_records": (("tracks/reads/test_bam.py",), "counts equal reads one by one"),
    "tracks.reads.bgzf": (("tracks/reads/test_bam.py",), "records over chunk borders, damage"),
    "tracks.reads.reads": (
        ("tracks/reads/test_bam.py", "tracks/reads/test_bed_reads.py"),
        "the base class; each kind of reads is tested",
    ),
    "tracks.reads.summary": (("study/test_run_reads.py",), "what check says of reads"),
    "tracks.recovery.fragment_steps": (("tracks/recovery/test_layouts.py",), RECOVERY),
    "tracks.recovery.fragment_width": (("tracks/recovery/test_layouts.py",), RECOVERY),
    "tracks.recovery.independence": (("tracks/recovery/test_recovery.py",), RECOVERY),
    "tracks.recovery.isolated_fragments": (("tracks/recovery/test_recovery.py",), RECOVERY),
    "tracks.recovery.lattice": (("tracks/recovery/test_recovery.py",), RECOVERY),
    **{
        f"tracks.recovery.{name}": (
            ("tracks/recovery/test_compiled_tallies.py",),
            "compiled loops and NumPy find the same in any runs",
        )
        for name in ("run_tallies", "tally_loops")
    },
    "tracks.recovery.recovered_track": (("tracks/recovery/test_recovery.py",), RECOVERY),
    "version": (("study/test_pipeline.py",), "a number, which a run writes down"),
}


def own_file(name: str) -> Path:
    """`resist_epi.io.tables` -> `tests/io/test_tables.py`."""
    *packages, module = name.split(".")[1:]
    return TESTS.joinpath(*packages, f"test_{module.strip('_')}.py")


@cache
def stub(package: str) -> dict[str, str]:
    """Public names of a package by the module that has them."""
    if package == "resist_epi.plots":
        return {p.function: f"{package}.{p.module}" for p in PLOTS.values()}
    path = MODULES[package].path.with_suffix(".pyi")
    nodes = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
    return {
        alias.name: f"{package}.{node.module}" if node.module else f"{package}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def imported(path: Path) -> set[str]:
    """Modules that a test imports, by their own names or from their package."""
    own = structure.Module("tests", path)
    found = structure.imports(own, MODULES)
    for node in own.nodes:
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = stub(node.module) if MODULES[node.module].path.name == "__init__.py" else {}
            found |= {names[a.name] for a in node.names if a.name in names}
    return found & set(MODULES)


@cache
def imports(name: str) -> set[str]:
    """Modules that a module imports, and those of its package that it names to be loaded later."""
    found = structure.imports(MODULES[name], MODULES)
    for node in MODULES[name].nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Later":
            later = ast.literal_eval(node.args[0]).partition(":")[0]
            found.add(f"{name.rpartition('.')[0]}.{later}")
    return found & set(MODULES)


@cache
def reached(path: Path, steps: int = STEPS) -> set[str]:
    """Modules at which a test arrives in so many steps of imports."""
    found = new = imported(path)
    for _ in range(steps):
        new = set().union(*map(imports, new)) - found
        found = found | new
    return found


def modules() -> list[str]:
    return [n for n, m in MODULES.items() if m.path.name != "__init__.py"]


def without_proof(names: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Modules that have neither a test file of their own name nor a reason."""
    reasons = {f"resist_epi.{name}" for name in listed}
    return [n for n in names if n not in reasons and not own_file(n).is_file()]


def test_every_module_has_its_file_or_a_reason() -> None:
    assert without_proof(modules(), PROVED_ELSEWHERE) == []


def test_a_module_without_a_file_is_seen() -> None:
    assert without_proof(["resist_epi.io.nothing"], PROVED_ELSEWHERE) == ["resist_epi.io.nothing"]
    fewer = {n: v for n, v in PROVED_ELSEWHERE.items() if n != "arrays"}
    assert without_proof(modules(), fewer) == ["resist_epi.arrays"]


@pytest.mark.parametrize("name", PROVED_ELSEWHERE)
def test_a_reason_holds(name: str) -> None:
    files, reason = PROVED_ELSEWHERE[name]
    assert f"resist_epi.{name}" in modules(), "no such module: remove the line"
    assert not own_file(f"resist_epi.{name}").is_file(), "it has its file: remove the line"
    assert files
    assert reason
    for file in files:
        assert f"resist_epi.{name}" in reached(TESTS / file), f"{file} does not come to it"


def test_what_is_not_reached_is_seen() -> None:
    assert "resist_epi.pipeline" not in reached(TESTS / "stats" / "test_counts.py")
    assert "resist_epi.plots.switch" in imported(TESTS / "plots" / "test_switch.py")


def test_files_without_a_module_say_what_they_prove() -> None:
    mirrored = {own_file(n) for n in modules()}
    others = [p for p in sorted(TESTS.rglob("test_*.py")) if p not in mirrored]
    trees = {p: ast.parse(p.read_text(encoding="utf-8")) for p in others}
    assert [p for p, tree in trees.items() if not ast.get_docstring(tree)] == []
