"""Domains of a broad mark: their windows counted, tested, and linked to genes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.domains.filter import BackgroundLevel, background_level
from resist_epi.domains.find import Domains, domain_matrix, find_domains
from resist_epi.domains.of_sheet import sheet_domain_bins
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.stored_bins import Bins
from resist_epi.domains.window_tests import with_windows_of_several
from resist_epi.genes.domain_links import gene_domains, link_domains, whole_domains
from resist_epi.genes.linking import DISTAL
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.peaks import write_direction_bed
from resist_epi.io.digest import step_key
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_results
from resist_epi.model.analysis import Analysis, without_inputs
from resist_epi.model.unit_values import with_values
from resist_epi.samples.presets import preset
from resist_epi.study.answers import describe_domains
from resist_epi.study.steps.analyses import analyse_kind
from resist_epi.study.steps.count_mark import KeptCounts
from resist_epi.study.steps.dna import controls_path, count_controls_in
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.shown_values import write_shown_values
from resist_epi.study.steps.stored_counts import StoredCounts
from resist_epi.study.study import Study, chrom_lengths, counting_pass

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TestedDomains:
    """Results of a mark's domains.

    Attributes
    ----------
    results
        The contract's columns and those of `window_tests.domain_results`, a row a domain.
    genes
        The results of the domain that speaks for each gene.
    shared
        Domains before they were cut, `chrom start end`, whose genes change as one; None for a mark
        of gene bodies, where neighbours touch and yet are genes of their own.
    """

    results: pd.DataFrame
    genes: pd.DataFrame
    shared: pd.DataFrame | None


def domain_keys(
    study: Study, mark: str, bins_key: str, inputs: Mapping[str, str]
) -> dict[str, str]:
    """Step -> digest of what finding the windows of a broad mark depends on.

    Parameters
    ----------
    bins_key
        Digest of the counts in 10-kb bins of the same files.
    inputs
        Path -> checksum of every input file.
    """
    if not preset(mark).broad:
        return {}
    table = study.sheet.for_mark(mark).table
    controls = list(map(str, table["ControlCoverage"])) if "ControlCoverage" in table else []
    key = step_key(
        bins=bins_key,
        controls=[inputs.get(path) for path in controls],
        settings=asdict(DomainSettings()),
    )
    return {f"windows {mark}": key}


def mark_windows(
    study: Study,
    mark: str,
    out: Path,
    kept: KeptCounts,
    progress: Callable[[str], None] | None = None,
) -> tuple[CountMatrix, list[Path]]:
    """Count the bins of a mark's windows above background, and the domains that they form.

    Returns
    -------
    CountMatrix
        Of the bins.
    list of Path
        What was written.

    Parameters
    ----------
    out
        Folder of the run, where the counts of the mark are.
    kept
        As of `count_windows`.

    Raises
    ------
    ResistEpiError
        As `count_bins.count_domain_bins`.
    """
    written = [run_path(out, "counts", mark, kind) for kind in ("windows", "domains")]
    ten_kb = read_counts(run_path(out, "counts", mark, "bins"))
    ten_kb = ten_kb.select(samples=tuple(study.sources[mark].files))
    level = background_level(ten_kb, exclude=study.exclude)
    ten_kb = ten_kb.select(regions=np.arange(0))  # large, and of its bins nothing else is asked
    bins = count_windows(study, mark, ten_kb, kept, progress, background=level)
    write_counts(written[0], bins)
    write_counts(written[1], domain_signal(study, mark, bins, find_domains(bins), ten_kb))
    return bins, written


def count_windows(
    study: Study,
    mark: str,
    ten_kb: CountMatrix,
    kept: KeptCounts,
    progress: Callable[[str], None] | None = None,
    *,
    background: BackgroundLevel | None = None,
) -> CountMatrix:
    """Count the bins of a mark's windows above background.

    Parameters
    ----------
    ten_kb
        Counts in bins of the same files, of which the background is taken.
    kept
        The bins, which were added up as the files were counted.
    background
        As of `count_bins.count_domain_bins`.

    Raises
    ------
    ResistEpiError
        As `count_bins.count_domain_bins`.
    """
    return sheet_domain_bins(
        study.sheet.for_mark(mark),
        study.sources[mark].files,
        ten_kb,
        lengths=chrom_lengths(study),
        kept=kept.keys,
        background=background,
        how=counting_pass(study, progress, parts=kept.parts),
    )


def domain_signal(
    study: Study, mark: str, windows: Bins, domains: Domains, ten_kb: CountMatrix
) -> CountMatrix:
    """Signal of whole domains, in the quantity of the other counts, with the nearest genes."""
    quantity = "mean_signal" if ten_kb.quantity == "mean_signal" else None
    matrix = domain_matrix(windows, domains, quantity=quantity)
    regions = matrix.regions
    if len(regions):
        regions = with_nearest_genes(
            regions,
            study.reference.linked,
            promoter=preset(mark).window,
            main=preset(mark).main_kind,
        )
    return replace(matrix, regions=regions, metadata=dict(ten_kb.metadata))


def find_domain_tests(
    study: Study,
    mark: str,
    windows: Bins,
    counts: StoredCounts,
    outputs: Outputs,
) -> Sequence[Analysis | None]:
    """Find and test the domains of a mark for every contrast; None each where there are none.

    Parameters
    ----------
    windows
        As of `mark_windows`.
    counts
        Of the same files; those in bins are the background from which factors come. Large ones are
        let go before windows are tested, which need none of them.
    outputs
        Of the run, where counts of the controls go.

    Raises
    ------
    ResistEpiError
        If the settings do not fit the data.
    """
    sheet = study.sheet.for_mark(mark)
    domains = find_domains(windows)
    if not len(domains):
        logger.warning("%s: no window is above background, so there are no domains", mark)
        return [None] * max(len(study.contrasts), 1)
    matrix = domain_signal(study, mark, windows, domains, counts["bins"])
    _count_controls(study, mark, matrix, outputs)
    found = describe_domains(study, analyse_kind(study, sheet, matrix, counts["bins"]))
    found = [without_inputs(analysis) for analysis in found]
    counts.let_go()
    return with_windows_of_several(found, windows, domains, sheet)


def write_domain_tests(study: Study, mark: str, found: Analysis, outputs: Outputs) -> TestedDomains:
    """Write the tested domains of a mark, and their links to genes.

    Parameters
    ----------
    found
        One of `find_domain_tests`.

    Raises
    ------
    ResistEpiError
        If the folder cannot be written.
    """
    annotation, linked = study.reference.annotation, study.reference.linked
    window = preset(mark).window
    found = with_values(found) if study.settings.values else found
    path = outputs.path("results", "domains")
    outputs.table(path, found.results, found.about(path))
    write_shown_values(found, "domains", outputs)
    write_direction_bed(outputs.add(outputs.path("calls", "domains")), found.results)
    links = link_domains(found.results, linked, promoter=window, main=preset(mark).main_kind)
    about = {
        "promoter": f"{window[0]} bp upstream to {window[1]} bp downstream of a start",
        "several_genes": "the domain covers more than half of this gene and of others",
        "distal": f"in no promoter or gene, the nearest start at most {DISTAL:,} bp away",
        "nearest": "farther than that: the last resort",
    }
    outputs.table(outputs.path("links", "domains"), links, about)
    genes = gene_domains(found.results, annotation, promoter=window, main=preset(mark).main_kind)
    return TestedDomains(found.results, genes, shared_domains(found.results, mark))


def written_domains(out: Path, mark: str) -> pd.DataFrame | None:
    """`TestedDomains.shared` of a mark, from the results in the run's folder; None without any."""
    path = run_path(out, "results", mark, "domains")
    return shared_domains(read_results(path), mark) if path.exists() else None


def shared_domains(results: pd.DataFrame, mark: str) -> pd.DataFrame | None:
    """Domains before they were cut, whose genes change as one; None for a mark of gene bodies."""
    return None if preset(mark).main_kind == "genes" else whole_domains(results)


def _count_controls(study: Study, mark: str, matrix: CountMatrix, outputs: Outputs) -> None:
    """Count the controls in the domains, where the study uses them."""
    if study.settings.control == "none":
        return
    counted = count_controls_in(study, mark, matrix)
    write_counts(outputs.add(controls_path(outputs.folder, mark, "domains")), counted)
