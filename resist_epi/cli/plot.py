"""`resist-epi plot`: a table to a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from resist_epi.cli.kinds import COUNTS, MATRIX, OTHER, RESULTS, expecting
from resist_epi.cli.options import GeneSetsOption, GenesOption, GenomeOption, MarkOption, Output
from resist_epi.errors import closest, unknown_name
from resist_epi.plots import PLOTS, figure_function

if TYPE_CHECKING:
    import pandas as pd


NAME = "plot"


@dataclass(frozen=True)
class _Options:
    """What the command line says besides kind, table and output."""

    samples: Path | None = None
    mark: str | None = None
    label: str | None = None
    by: str | None = None
    gene: str | None = None
    region: str | None = None
    genome: str | None = None
    genes: Path | None = None
    set: str | None = None
    gene_sets: str | None = None
    results: Path | None = None
    arms: Path | None = None


def _draw_results(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.tables import read_results

    table = read_results(path)
    return figure_function(kind)(table, title=_titled(title, table, path), **_labels(options))


def _titled(title: str | None, table: pd.DataFrame, path: Path) -> str | None:
    """The title asked for, else mark, kind of regions, contrast and n as the table knows them."""
    if title is not None:
        return title
    from resist_epi.samples.facts import facts_of, figure_title
    from resist_epi.schema import KINDS

    kind = path.name.removesuffix(".gz").removesuffix(".tsv").rpartition(".")[2]
    return figure_title(facts_of(table.attrs["header"]), kind if kind in KINDS else "") or None


def _draw_table(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    table = read_table(path)
    return figure_function(kind)(table, title=_titled(title, table, path), **_labels(options))


def _labels(options: _Options) -> dict[str, Any]:
    if options.label is None:
        return {}
    one = options.label.strip()
    return {"label": int(one) if one.isdigit() else [g.strip() for g in one.split(",")]}


def _draw_genome(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.genome.cytogenetics import load_centromeres
    from resist_epi.io.tables import read_results, read_table

    arms = None if options.arms is None else read_table(options.arms, required=("arm", "chrom"))
    table, borders = read_results(path), load_centromeres(options.genome)
    return figure_function(kind)(
        table, arms=arms, borders=borders, title=_titled(title, table, path)
    )


def _draw_copy_number(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.dna.seg import read_seg

    return figure_function(kind)(read_seg(path), title=title)


def _draw_samples(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.tables import read_table

    table = read_table(path, required=("sample",))
    table.attrs["explained"] = table.attrs["header"].get("share of variance", [])
    return figure_function(kind)(table, samples=_sheet(options), title=title)


def _draw_profile(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.counting.profile_files import read_profile_matrix

    matrix = read_profile_matrix(path)
    arguments = {} if options.by is None else {"by": options.by}
    sheet = _sheet(options)
    return figure_function(kind)(matrix, groups="group", samples=sheet, title=title, **arguments)


def _draw_locus(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    import pandas as pd

    from resist_epi.counting.matrix import scaled
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results
    from resist_epi.study.count_sheet import naming_of_counts, read_counts_and_sheet

    matrix, sheet = read_counts_and_sheet(path, options.samples, mark=options.mark)
    values = pd.DataFrame(scaled(matrix), columns=list(matrix.samples))
    places = matrix.regions[["chrom", "start", "end"]].reset_index(drop=True)
    quantity = matrix.quantity.replace("_", " ")
    if matrix.quantity == "coverage_sum":
        # Bins may differ in width, and a sum says little beside a picture.
        values = values.div(places["end"] - places["start"], axis=0)
        quantity = "mean signal"
    genes = called = None
    if options.gene or options.genome or options.genes:
        genome = options.genome if options.genes else options.genome or sheet.assembly
        annotation = load_reference(genome, options.genes).annotation
        naming = naming_of_counts(matrix, sheet, genome=genome)
        genes = naming.annotation(annotation).genes
    if options.results is not None:
        called = read_results(options.results)
        called = called[called["direction"] != "none"]
    return figure_function(kind)(
        pd.concat([places, values], axis=1),
        genes=genes,
        gene=options.gene,
        region=options.region,
        samples=sheet.table,
        highlight=called,
        quantity=quantity,
        title=title,
    )


def _draw_compare(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.run_folder import COMPARISON_FILES
    from resist_epi.io.tables import read_table

    beside = path.with_name(COMPARISON_FILES["changed"])
    changed = read_table(beside) if beside.is_file() else None
    return figure_function(kind)(read_table(path), changed=changed, title=title)


def _draw_normalization(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.tables import read_results, read_table
    from resist_epi.model.agreement import titles_compared

    beside = path.with_name(f"{path.name.removesuffix('.tsv')}.calls.tsv")
    return figure_function(kind)(
        read_table(path),
        calls=read_table(beside) if beside.is_file() else None,
        results=None if options.results is None else read_results(options.results),
        samples=_sheet(options),
        names=titles_compared(),
        title=title,
    )


def _draw_hidden(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.io.tables import read_results
    from resist_epi.model.hidden_words import factor_values
    from resist_epi.samples.facts import facts_of

    facts = facts_of(read_results(path).attrs["header"])
    return figure_function(kind)(factor_values(facts), samples=_sheet(options), title=title)


def _draw_gene_set(kind: str, path: Path, options: _Options, title: str | None) -> Any:
    from resist_epi.genes.builtin import load_sets
    from resist_epi.genes.gene_values import directions_by_symbol, gene_signal
    from resist_epi.io.tables import read_results
    from resist_epi.study.count_sheet import read_counts_and_sheet

    sets = load_sets(options.gene_sets)
    if options.set not in sets:
        raise typer.BadParameter(
            unknown_name("set", options.set, sets)
            if options.set
            else f"{kind} needs the name of a set",
            param_hint="--set",
        )
    matrix, sheet = read_counts_and_sheet(path, options.samples, mark=options.mark)
    results = None if options.results is None else read_results(options.results)
    return figure_function(kind)(
        gene_signal(matrix, results),
        samples=sheet.table,
        genes=sets[str(options.set)].genes,
        directions=None if results is None else directions_by_symbol(results),
        title=title if title is not None else options.set,
    )


def _sheet(options: _Options) -> pd.DataFrame | None:
    if options.samples is None:
        return None
    from resist_epi.samples.sheet import read_sheet

    sheet = read_sheet(options.samples)
    return (sheet if options.mark is None else sheet.for_mark(options.mark)).table


_Draw = Callable[[str, Path, _Options, str | None], Any]

# What a kind of figure may read (`Plot.reads`): what draws from it, and the file in words.
READERS: dict[str, tuple[_Draw, str]] = {
    "results": (_draw_results, "results"),
    "genome": (_draw_genome, "results"),
    "table": (_draw_table, "a table of a run, as marks/switches.tsv"),
    "samples": (_draw_samples, "quality/*.tsv of a run"),
    "profile": (_draw_profile, "a matrix file"),
    "bins": (_draw_locus, "counts of bins"),
    "counts": (_draw_gene_set, "counts"),
    "factors": (_draw_normalization, "normalization/MARK.tsv of a run"),
    "segments": (_draw_copy_number, "a SEG file"),
    "patterns": (_draw_hidden, "results"),
    "kinds": (_draw_compare, "by_mark.tsv of `compare`"),
}

_EXPECTED = {"results": RESULTS, "genome": RESULTS, "profile": MATRIX, "counts": COUNTS}
_EXPECTED |= {"bins": COUNTS, "patterns": RESULTS}


def _with(option: str) -> str:
    """The kinds that understand an option: `ma, volcano`."""
    return ", ".join(kind for kind, plot in PLOTS.items() if option in plot.options)


def _tables() -> str:
    """What each kind reads, in words."""
    parts = []
    for name, (_, words) in READERS.items():
        kinds = ", ".join(kind for kind, plot in PLOTS.items() if plot.reads == name)
        parts.append(f"{kinds}: {words}")
    return f"{'; '.join(parts)}."


def command(
    kind: str = typer.Argument(..., metavar="KIND", help=" ".join(PLOTS)),
    table: Path = typer.Argument(
        ...,
        metavar="TABLE",
        help=_tables(),
    ),
    output: Output = ...,  # type: ignore[assignment]
    title: str | None = typer.Option(None, "--title", help="What stands above the figure."),
    samples: Path | None = typer.Option(
        None, "--samples", help="Sample sheet: colours and annotation."
    ),
    mark: MarkOption = None,
    label: str | None = typer.Option(
        None,
        "--label",
        help=f"{_with('label')}: how many genes to name (the best supported), or which: NSD2,HK2.",
    ),
    by: str | None = typer.Option(
        None, "--by", help=f"{_with('by')}: one panel a level of this column of the sheet."
    ),
    gene: str | None = typer.Option(None, "--gene", help=f"{_with('gene')}: the gene."),
    region: str | None = typer.Option(None, "--region", help=f"{_with('region')}: chr1:0-9."),
    genome: GenomeOption = None,
    genes: GenesOption = None,
    set_name: str | None = typer.Option(None, "--set", help=f"{_with('set')}: name of the set."),
    gene_sets: GeneSetsOption = None,
    results: Path | None = typer.Option(
        None, "--results", help=f"{_with('results')}: results, to mark what is called."
    ),
    arms: Path | None = typer.Option(
        None,
        "--arms",
        help=f"{_with('arms')}: copy_number/MARK.arms.tsv of a run.",
    ),
) -> None:
    """Draw a figure: PNG, SVG or PDF, told by the name of the output."""
    from resist_epi.io.figures import check_figure_path, save_figure

    if kind not in PLOTS:
        close = closest(kind, PLOTS)
        hint = f". Did you mean {close!r}?" if close else ""
        known = ", ".join(PLOTS)
        raise typer.BadParameter(f"{kind!r} is none of {known}{hint}", param_hint="KIND")
    check_figure_path(output)
    options = _Options(
        samples=samples,
        mark=mark,
        label=label,
        by=by,
        gene=gene,
        region=region,
        genome=genome,
        genes=genes,
        set=set_name,
        gene_sets=gene_sets,
        results=results,
        arms=arms,
    )
    for name, value in vars(options).items():
        if value is not None and name not in PLOTS[kind].options:
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"means nothing to {kind}", param_hint=option)
    draw, words = READERS[PLOTS[kind].reads]
    import matplotlib as mpl

    mpl.use("agg")  # files only: no window, whatever the machine has
    with expecting(table, _EXPECTED.get(PLOTS[kind].reads, OTHER._replace(words=words))):
        figure = draw(kind, table, options, title)
    save_figure(figure, output, close=True)
