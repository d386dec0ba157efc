"""What each kind of figure is drawn from: the files of `resist-epi plot`, read and handed on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from resist_epi.cli.kinds import COUNTS, MATRIX, RESULTS, SHEET
from resist_epi.cli.plot_locus import draw_locus
from resist_epi.cli.plot_options import PlotOptions
from resist_epi.errors import unknown_name
from resist_epi.plots import figure_function

if TYPE_CHECKING:
    import pandas as pd

    from resist_epi.genes.gene_sets import GeneSet


def _draw_results(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_results

    table = read_results(path)
    return figure_function(kind)(table, title=_titled(title, table, path), **_labels(options))


def _draw_pvalues(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    table = read_table(path, required=("pvalue",))
    simes = "n_windows" in table or ".domains." in path.name
    return figure_function(kind)(table, combined=simes, title=_titled(title, table, path))


def _titled(title: str | None, table: pd.DataFrame, path: Path) -> str | None:
    """The title asked for, else mark, kind of regions, contrast and n as the table knows them."""
    if title is not None:
        return title
    from resist_epi.samples.facts import facts_of, figure_title
    from resist_epi.schema import KINDS

    kind = path.name.removesuffix(".gz").removesuffix(".tsv").rpartition(".")[2]
    return figure_title(facts_of(table.attrs["header"]), kind if kind in KINDS else "") or None


def _draw_table(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    table = read_table(path)
    return figure_function(kind)(table, title=_titled(title, table, path), **_labels(options))


def _labels(options: PlotOptions) -> dict[str, Any]:
    if options.label is None:
        return {}
    one = options.label.strip()
    return {"label": int(one) if one.isdigit() else [g.strip() for g in one.split(",")]}


def _draw_genome(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.genome.cytogenetics import load_centromeres
    from resist_epi.io.tables import read_results, read_table

    arms = None if options.arms is None else read_table(options.arms, required=("arm", "chrom"))
    table, borders = read_results(path), load_centromeres(options.genome)
    return figure_function(kind)(
        table, arms=arms, borders=borders, title=_titled(title, table, path)
    )


def _draw_copy_number(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.dna.seg import read_seg

    return figure_function(kind)(read_seg(path), title=title)


def _draw_samples(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    table = read_table(path, required=("sample",))
    table.attrs["explained"] = table.attrs["header"].get("share of variance", [])
    return figure_function(kind)(table, samples=_sheet(options), title=_titled(title, table, path))


def _draw_profile(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.counting.profile_files import read_profile_matrix

    arguments = options.given("by", "kmeans", "hierarchical", "sort", "cmap")
    if options.label is not None:
        arguments["label"] = [g.strip() for g in options.label.split(",")]
    if options.limits is not None:
        arguments["limits"] = _limits(options.limits)
    matrix: Any = read_profile_matrix(path)
    if options.beside is None:
        title = (matrix.title or None) if title is None else title
    else:
        named = [_named_file(text) for text in options.beside]
        own = options.mark or path.name.removesuffix(".gz")
        matrix = {own: matrix} | {name: read_profile_matrix(file) for name, file in named}
    sheet = _sheet(options, one=options.beside is None)
    return figure_function(kind)(matrix, groups="group", samples=sheet, title=title, **arguments)


def _named_file(text: str) -> tuple[str, Path]:
    """`NAME=FILE`, or a file by whose name it is called."""
    name, found, file = text.partition("=")
    return (name, Path(file)) if found else (Path(text).name.removesuffix(".gz"), Path(text))


def _limits(given: list[str]) -> Any:
    """`LOW,HIGH`, or `MARK=LOW,HIGH` for each mark.

    Raises
    ------
    BadParameter
        If it is neither.
    """
    found: dict[str, tuple[float, float]] = {}
    for text in given:
        mark, _, ends = text.rpartition("=")
        try:
            low, high = (float(end) for end in ends.split(","))
        except ValueError:
            raise typer.BadParameter(
                f"{text!r} is neither LOW,HIGH nor MARK=LOW,HIGH", param_hint="--limits"
            ) from None
        found[mark] = low, high
    return found[""] if set(found) == {""} else found


def _draw_running(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.genes.gene_values import gene_table, one_a_symbol
    from resist_epi.io.tables import read_results

    chosen = _chosen_set(kind, options)
    table = read_results(path)
    genes = gene_table(table)
    return figure_function(kind)(
        genes.iloc[one_a_symbol(genes)],
        chosen.genes,
        name=str(options.set),
        title=_titled(title, table, path),
    )


def _draw_swarm(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.genes.gene_values import gene_signal
    from resist_epi.io.tables import read_results
    from resist_epi.study.count_sheet import read_counts_and_sheet

    if options.gene is None:
        raise typer.BadParameter(f"{kind} needs the symbol of a gene", param_hint="--gene")
    matrix, sheet = read_counts_and_sheet(path, options.samples, mark=options.mark)
    results = None if options.results is None else read_results(options.results)
    said = f"{', '.join(sheet.marks)}: {options.gene}"
    return figure_function(kind)(
        gene_signal(matrix, results),
        options.gene,
        samples=sheet.table,
        title=said if title is None else title,
        **options.given("by"),
    )


def _draw_compare(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.run_folder import COMPARISON_FILES
    from resist_epi.io.tables import read_table

    beside = path.with_name(COMPARISON_FILES["changed"])
    changed = read_table(beside) if beside.is_file() else None
    return figure_function(kind)(read_table(path), changed=changed, title=title)


def _draw_normalization(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_results, read_table
    from resist_epi.model.agreement import titles_compared

    beside = path.with_name(f"{path.name.removesuffix('.tsv')}.calls.tsv")
    table = read_table(path)
    return figure_function(kind)(
        table,
        calls=read_table(beside) if beside.is_file() else None,
        results=None if options.results is None else read_results(options.results),
        samples=_sheet(options),
        names=titles_compared(),
        title=_titled(title, table, path),
    )


def _draw_overlaps(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    arguments: dict[str, Any] = options.given("by")
    if options.samples is not None:
        arguments["samples"] = _sheet(options, one=False)
    table = read_table(path, required=("n_sets", "n_peaks"))
    return figure_function(kind)(table, title=title, **arguments)


def _draw_hidden(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.io.tables import read_results
    from resist_epi.model.hidden_words import factor_values
    from resist_epi.samples.facts import facts_of

    table = read_results(path)
    factors = factor_values(facts_of(table.attrs["header"]))
    title = _titled(title, table, path)
    return figure_function(kind)(factors, samples=_sheet(options), title=title)


def _draw_gene_set(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    from resist_epi.genes.gene_values import directions_by_symbol, gene_signal
    from resist_epi.io.tables import read_results
    from resist_epi.study.count_sheet import read_counts_and_sheet

    chosen = _chosen_set(kind, options)
    matrix, sheet = read_counts_and_sheet(path, options.samples, mark=options.mark)
    results = None if options.results is None else read_results(options.results)
    return figure_function(kind)(
        gene_signal(matrix, results),
        samples=sheet.table,
        genes=chosen.genes,
        directions=None if results is None else directions_by_symbol(results),
        title=title if title is not None else options.set,
    )


def _chosen_set(kind: str, options: PlotOptions) -> GeneSet:
    """The set that --set names.

    Raises
    ------
    BadParameter
        If there is none of that name.
    """
    from resist_epi.genes.builtin import load_sets

    sets = load_sets(options.gene_sets)
    if options.set not in sets:
        raise typer.BadParameter(
            unknown_name("set", options.set, sets)
            if options.set
            else f"{kind} needs the name of a set",
            param_hint="--set",
        )
    return sets[str(options.set)]


def _sheet(options: PlotOptions, *, one: bool = True) -> pd.DataFrame | None:
    if options.samples is None:
        return None
    from resist_epi.samples.sheet import read_sheet

    sheet = read_sheet(options.samples)
    return (sheet if options.mark is None or not one else sheet.for_mark(options.mark)).table


_Draw = Callable[[str, Path, PlotOptions, str | None], Any]

# What a kind of figure may read (`Plot.reads`): what draws from it, and the file in words.
READERS: dict[str, tuple[_Draw, str]] = {
    "results": (_draw_results, "results"),
    "pvalues": (_draw_pvalues, "results"),
    "genome": (_draw_genome, "results"),
    "table": (_draw_table, "a table of a run, as marks/switches.tsv"),
    "overlaps": (_draw_overlaps, "occupancy/*.overlaps.tsv of a run of peaks alone"),
    "samples": (_draw_samples, "quality/*.tsv of a run"),
    "profile": (_draw_profile, "a matrix file"),
    "bins": (draw_locus, "counts of bins, or a sample sheet (its tracks, or reads)"),
    "ranked": (_draw_running, "results"),
    "gene": (_draw_swarm, "counts"),
    "counts": (_draw_gene_set, "counts"),
    "factors": (_draw_normalization, "normalization/MARK.tsv of a run"),
    "segments": (_draw_copy_number, "a SEG file"),
    "patterns": (_draw_hidden, "results"),
    "kinds": (_draw_compare, "by_mark.tsv of `compare`"),
}

# What a reader takes: its own error is the one of such a file.
EXPECTED = {
    **dict.fromkeys(("results", "genome", "pvalues", "patterns", "ranked"), (RESULTS,)),
    **dict.fromkeys(("counts", "gene"), (COUNTS,)),
    "profile": (MATRIX,),
    "bins": (COUNTS, SHEET),
}
