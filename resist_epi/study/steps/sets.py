"""The tables that link a mark's genes to gene sets."""

from __future__ import annotations

import pandas as pd

from resist_epi.genes.builtin import gene_set_kinds, load_symbols
from resist_epi.genes.covariates import gene_covariates
from resist_epi.genes.enrichment import SetOptions, enrich_level, genes_one_by_one
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.pre_specified import pre_specified
from resist_epi.genes.set_methods import METHODS
from resist_epi.model.analysis import Analysis
from resist_epi.samples.presets import preset
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study

PRE_SPECIFIED = "NSD2_TARGETS_TAMOXIFEN"


def write_gene_sets(
    study: Study,
    main: Analysis,
    outputs: Outputs,
    *,
    domains: pd.DataFrame | None = None,
) -> None:
    """Write the gene sets of a mark, and the set named in advance gene by gene.

    Parameters
    ----------
    main
        Of the regions that speak for a gene.
    domains
        Table `chrom start end` of the mark's domains: the genes of one count once.

    Raises
    ------
    ResistEpiError
        As `enrichment.enrich`.
    """
    level = level_of(study, main, outputs.mark, domains)
    table = sets_of(study, main, level)
    path = outputs.path("gene_sets")
    outputs.table(path, table, main.about(path) | table.attrs["header"])
    if PRE_SPECIFIED not in study.gene_sets:
        return
    core = study.gene_sets[PRE_SPECIFIED]
    one_by_one = genes_one_by_one(level.genes, core, symbols=level.symbols)
    path = outputs.path("one_by_one")
    outputs.table(path, one_by_one, main.about(path))
    if level.has_effects:
        test = pre_specified(level, core)
        path = outputs.path("pre_specified")
        about = main.about(path) | test.attrs["header"]
        if caution := preset(outputs.mark).caution:
            about["wording"] += f". {caution}"
        outputs.table(path, test, about)


def level_of(
    study: Study, main: Analysis, mark: str, domains: pd.DataFrame | None = None
) -> GeneLevel:
    """One value a gene of a mark, with what a study knows of its genes.

    Parameters
    ----------
    main, domains
        As of `write_gene_sets`.
    """
    return GeneLevel(
        main.results,
        fit=main.fit if main.tested else None,
        contrast=main.contrast,
        design=main.design,
        matrix=main.matrix,
        symbols=load_symbols(),
        covariates=gene_covariates(study.reference),
        domains=domains,
        lfc_threshold=main.question.lfc_threshold,
        mark=mark,
    )


def sets_of(study: Study, main: Analysis, level: GeneLevel) -> pd.DataFrame:
    """The study's gene sets, tested in one level of genes; as `enrichment.enrich_level`."""
    beside = [key for key, method in METHODS.items() if method.relabels and _relabelled(main)]
    kinds = {} if study.own_sets else gene_set_kinds()
    asked = SetOptions(main.question.fdr, study.own_sets, kinds, beside=beside)
    return enrich_level(level, study.gene_sets, asked)


def _relabelled(main: Analysis) -> bool:
    """Whether the units of the main regions could be relabelled."""
    return "relabelling" in main.facts
