"""The static figures of a run: what its tables show, as PNG, SVG with live text, and PDF."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.genes.gene_values import directions_by_symbol
from resist_epi.genome.cytogenetics import load_centromeres
from resist_epi.io.figures import laid_out_once, save_figure, settle_layout
from resist_epi.io.measured_once import measured_once
from resist_epi.model.agreement import titles_compared
from resist_epi.model.hidden_words import factor_values
from resist_epi.plots import figure_function
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.words import KIND_WORDS
from resist_epi.samples.facts import figure_title, library_facts
from resist_epi.workers import run_tasks

logger = logging.getLogger(__name__)

FORMATS = ("png", "svg")

WITH_PDF = (*FORMATS, "pdf")  # a PDF takes as long as the other two: its fonts are cut to size

DPI = 300

MOST_PANELS = 12  # of a heatmap; more samples are shown as the means of their conditions


_LOADED = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "PIL.PngImagePlugin",
)  # what processes that draw would each import again

_LOADED_FOR_MA = "statsmodels.nonparametric.smoothers_lowess"

_LONG = (".heatmap", ".mechanisms", ".correlation")  # are drawn first, so that none ends alone

Draw = Callable[[], Any]  # makes the Axes of one figure


@dataclass(frozen=True)
class Beside:
    """Other work for the processes that draw figures, so that none of them is idle.

    Attributes
    ----------
    tasks
        Name -> work; no figure's stem is a name.
    done
        Called with the name of each and what it gave.
    """

    tasks: Mapping[str, Callable[[], Any]]
    done: Callable[[str, Any], None]


def draw_figures(
    run: RunTables,
    folder: str | Path,
    *,
    jobs: int = 1,
    formats: Sequence[str] = FORMATS,
    beside: Beside | None = None,
) -> list[Path]:
    """Draw the figures of a run; return what was written.

    Of each mark `MARK.pca`, `MARK.correlation`, `MARK.normalization`, `MARK.genome` and, where
    there are tracks, `MARK.heatmap`, where it was corrected `MARK.copy_number`, where factors were
    estimated `MARK.hidden`; of each of its
    region kinds `MARK.KIND.ma`, and `.volcano` and `.pvalue` where there is a test;
    `study.mechanisms` and `study.switch` where the run has these tables.

    Parameters
    ----------
    folder
        Where they go; made if missing.
    jobs
        Processes that draw; the bytes do not depend on it.
    formats
        Suffixes; each figure is drawn and laid out once for all of them.
    beside
        What is done by the same processes.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    wanted = chain(_of_study(run), *(_figures(mark, run.quality) for mark in run.marks))
    return save_figures(wanted, folder, jobs=jobs, formats=formats, beside=beside)


def save_figures(
    wanted: Iterable[tuple[str, Draw]],
    folder: str | Path,
    *,
    jobs: int = 1,
    formats: Sequence[str] = FORMATS,
    beside: Beside | None = None,
) -> list[Path]:
    """Draw figures and save each in all formats; return what was written, in order.

    Parameters
    ----------
    wanted
        Stem of each file, and what makes the figure.
    jobs
        Processes that draw; the bytes do not depend on it.
    formats, beside
        As of `draw_figures`.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    tasks = {stem: _DrawTo(Path(folder), tuple(formats), stem, draw) for stem, draw in wanted}
    written: dict[str, list[Path]] = {}
    if jobs > 1:
        _load_drawing(tasks)

    def done(name: str, made: Any) -> None:
        if beside is not None and name in beside.tasks:
            beside.done(name, made)
        else:
            written[name] = made

    work: dict[str, Callable[[], Any]] = {}
    work |= sorted(tasks.items(), key=lambda task: not task[0].endswith(_LONG))
    work |= {} if beside is None else beside.tasks
    run_tasks(_do, work, jobs=jobs, done=done)
    logger.info("%d figures in %s", len(tasks), folder)
    return [path for stem in tasks for path in written[stem]]


def _do(task: Callable[[], Any]) -> Any:
    return task()


def _load_drawing(stems: Iterable[str]) -> None:
    """Import what figures are drawn and written with, for all processes that are forked later."""
    _draw_to_files()
    for name in _LOADED:
        import_module(name)
    if any(stem.endswith(".ma") for stem in stems):
        import_module(_LOADED_FOR_MA)


def _draw_to_files() -> None:
    if "matplotlib.pyplot" not in sys.modules:
        import matplotlib as mpl

        mpl.use("agg")  # files only; who has chosen a backend keeps it


@dataclass(frozen=True)
class _DrawTo:
    """Makes one figure, laid out once, and writes it in every format; can be sent to a process."""

    folder: Path
    formats: tuple[str, ...]
    stem: str
    draw: Draw

    def __call__(self) -> list[Path]:
        _draw_to_files()  # a process that began afresh has chosen nothing yet
        paths = [self.folder / f"{self.stem}.{suffix}" for suffix in self.formats]
        with measured_once(), laid_out_once(dpi=DPI):
            axes = self.draw()
            settle_layout(axes, dpi=DPI)
            for path in paths:
                save_figure(axes, path, dpi=DPI, close=path == paths[-1])
        return paths


def _of_study(run: RunTables) -> Iterator[tuple[str, Draw]]:
    if run.mechanisms is not None:
        title = figure_title(run.mechanisms.facts)
        yield (
            "study.mechanisms",
            partial(figure_function("mechanisms"), run.mechanisms.table, title=title),
        )
    if run.switches is not None:
        title = figure_title(run.switches.facts)
        yield "study.switch", partial(figure_function("switch"), run.switches.table, title=title)


def _figures(mark: MarkTables, quality: pd.DataFrame) -> Iterator[tuple[str, Draw]]:
    samples = quality.rename(columns={"sample": "SampleID", "condition": "Condition"})
    own = quality.loc[quality["mark"] == mark.mark, "condition"]
    of_samples = figure_title(library_facts([mark.mark], own))
    title = figure_title(mark.main.facts)
    if mark.components is not None:
        pca = figure_function("pca")
        yield f"{mark.name}.pca", partial(pca, mark.components, samples=samples, title=of_samples)
    if mark.correlation is not None:
        correlation = figure_function("correlation")
        yield (
            f"{mark.name}.correlation",
            partial(correlation, mark.correlation, samples=samples, title=of_samples),
        )
    if mark.profile is not None:
        many = len(mark.profile.samples) > MOST_PANELS
        yield (
            f"{mark.name}.heatmap",
            partial(
                figure_function("heatmap"),
                mark.profile,
                groups="group",
                samples=samples,
                by="Condition" if many else None,
                title=figure_title(mark.main.facts, KIND_WORDS[next(iter(mark.results))]),
            ),
        )
    if mark.levels is not None:
        yield (
            f"{mark.name}.mechanism_genes",
            partial(
                figure_function("gene-set"),
                mark.levels,
                samples=samples,
                genes=mark.levels.index.tolist(),
                directions=directions_by_symbol(mark.main.table),
                title=f"{title}; called genes of mechanisms",
            ),
        )
    if mark.arms is not None:
        genome = figure_function("genome")
        yield (
            f"{mark.name}.genome",
            partial(
                genome,
                mark.main.table,
                arms=mark.arms.table,
                borders=load_centromeres(mark.arms.header.get("assembly")),
                title=figure_title(mark.main.facts, KIND_WORDS[next(iter(mark.results))]),
            ),
        )
    if mark.segments is not None:
        copy_number = figure_function("copy-number")
        yield f"{mark.name}.copy_number", partial(copy_number, mark.segments, title=of_samples)
    if mark.normalization is not None and "n_gain" in mark.normalization.table:
        yield (
            f"{mark.name}.normalization",
            partial(
                figure_function("normalization"),
                mark.normalization.table,
                calls=None if mark.calls is None or mark.calls.table.empty else mark.calls.table,
                results=mark.main.table,
                samples=samples,
                names=titles_compared(),
                title=title,
            ),
        )
    factors = factor_values(mark.main.facts)
    if len(factors):
        yield (
            f"{mark.name}.hidden",
            partial(figure_function("hidden"), factors, samples=samples, title=of_samples),
        )
    for kind, sheet in mark.results.items():
        title = figure_title(sheet.facts, KIND_WORDS.get(kind, kind))
        tested = np.isfinite(sheet.table["pvalue"].to_numpy(np.float64)).any()
        for figure in ("volcano", "ma", "pvalue") if tested else ("ma",):
            more = {"combined": True} if (figure, kind) == ("pvalue", "domains") else {}
            yield (
                f"{mark.name}.{kind}.{figure}",
                partial(figure_function(figure), sheet.table, title=title, **more),
            )
