"""`resist-epi plot`: a table to a figure."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.jobs import number_of_jobs
from resist_epi.cli.kinds import OTHER, expecting
from resist_epi.cli.options import GeneSetsOption, GenesOption, GenomeOption, MarkOption, Output
from resist_epi.cli.plot_draw import EXPECTED, READERS
from resist_epi.cli.plot_options import PlotOptions
from resist_epi.errors import closest
from resist_epi.plots import PLOTS

NAME = "plot"


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
    kmeans: int | None = typer.Option(
        None, "--kmeans", min=1, help=f"{_with('kmeans')}: so many clusters of regions, by k-means."
    ),
    hierarchical: int | None = typer.Option(
        None,
        "--hierarchical",
        min=1,
        help=f"{_with('hierarchical')}: so many clusters of regions, of Ward's hierarchy.",
    ),
    sort: str | None = typer.Option(
        None, "--sort", help=f"{_with('sort')}: regions by signal, length, change or keep."
    ),
    cmap: str | None = typer.Option(
        None, "--cmap", help=f"{_with('cmap')}: a colour map of matplotlib's."
    ),
    limits: list[str] | None = typer.Option(
        None, "--limits", help=f"{_with('limits')}: ends of the colours, LOW,HIGH or MARK=LOW,HIGH."
    ),
    beside: list[str] | None = typer.Option(
        None,
        "--beside",
        help=f"{_with('beside')}: MARK=FILE, another mark's matrix of the same regions.",
    ),
    grouped: str | None = typer.Option(
        None,
        "--grouped",
        help=f"{_with('grouped')}: each, or mean or overlay of the levels of Condition.",
    ),
    unscaled: bool = typer.Option(
        False,
        "--unscaled",
        help=f"{_with('unscaled')} of a sheet: values as the files have them, not brought to equal"
        " total coverage.",
    ),
    jobs: int | None = typer.Option(
        None,
        "--jobs",
        parser=number_of_jobs,
        metavar="N|auto",
        help=f"{_with('jobs')} of a sheet: processes.",
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
    options = PlotOptions(
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
        kmeans=kmeans,
        hierarchical=hierarchical,
        sort=sort,
        cmap=cmap,
        limits=limits or None,
        beside=beside or None,
        grouped=grouped,
        unscaled=unscaled or None,
        jobs=jobs,
    )
    for name, value in vars(options).items():
        if value is not None and name not in PLOTS[kind].options:
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"means nothing to {kind}", param_hint=option)
    draw, words = READERS[PLOTS[kind].reads]
    import matplotlib as mpl

    mpl.use("agg")  # files only: no window, whatever the machine has
    with expecting(table, *EXPECTED.get(PLOTS[kind].reads, (OTHER._replace(words=words),))):
        figure = draw(kind, table, options, title)
    save_figure(figure, output, close=True)
