"""`resist-epi enrich`: results to gene sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from resist_epi.cli.kinds import RESULTS, expecting
from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    ContactsOption,
    ContrastOption,
    ControlAgain,
    CopyNumberOption,
    DesignAgain,
    FastaOption,
    FdrAgain,
    GeneSetsOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
    PartitionOption,
    SegmentsOption,
    SitesOption,
    StrataOption,
    ThresholdAgain,
    named,
    named_files,
)

if TYPE_CHECKING:
    import pandas as pd

    from resist_epi.genome.reference import Reference
    from resist_epi.model.analysis import Analysis

NAME = "enrich"


def command(
    results: Path = typer.Argument(..., metavar="RESULTS", help="TSV of diff or run."),
    output: Output = ...,  # type: ignore[assignment]
    gene_sets: GeneSetsOption = None,
    counts: Path | None = typer.Option(
        None, "--counts", help="The counts behind the results: correlation is then estimated."
    ),
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet of the counts."),
    mark: MarkOption = None,
    design: DesignAgain = None,
    contrast: ContrastOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    background: BackgroundOption = None,
    fdr: FdrAgain = None,
    lfc_threshold: ThresholdAgain = None,
    block: BlockOption = None,
    strata: StrataOption = None,
    control: ControlAgain = None,
    copy_number: CopyNumberOption = None,
    segments: SegmentsOption = None,
    fasta: FastaOption = None,
    test: str | None = typer.Option(
        None, "--test", help="Default: camera. An unknown name lists all, with what they ask."
    ),
    beside: list[str] = typer.Option(
        [], "--beside", help="A further test: its P stands in a column of its own. Repeatable."
    ),
    genome: GenomeOption = None,
    genes: GenesOption = None,
    sites: SitesOption = [],  # noqa: B006
    contacts: ContactsOption = None,
    partition: PartitionOption = None,
    where: Path | None = typer.Option(
        None, "--where", help="Also write calls by CpG class (--genome) and --partition, as TSV."
    ),
    scores: Path | None = typer.Option(
        None, "--scores", help="Also write single-sample scores of the sets (ssGSEA), as TSV."
    ),
) -> None:
    """Test gene sets: do their genes gain or lose the mark more than the others?

    With --counts, the question that the results answer is asked again, as their header holds it;
    options given here win over it. fry, roast, permutation and --scores need the counts; logistic
    takes the lengths of genes from --genome. With --sites or --contacts, RESULTS are of peaks:
    where the sites gained and lost lie stands beside the output, in NAME.sites.tsv.gz (a row a
    site) and NAME.sites.summary.tsv; this needs --genome or --genes.
    """
    from resist_epi.errors import DesignError
    from resist_epi.genes.builtin import gene_set_kinds, load_sets, load_symbols
    from resist_epi.genes.covariates import gene_covariates
    from resist_epi.genes.enrichment import enrich_results
    from resist_epi.genes.sample_scores import sample_scores
    from resist_epi.genes.set_methods import DEFAULT_TEST, check_test
    from resist_epi.genome.reference import built_in, load_reference
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.samples.facts import facts_of
    from resist_epi.study.count_sheet import read_counts_and_sheet
    from resist_epi.study.repeat import question_again, repeat_analysis

    for name in (test or DEFAULT_TEST, *beside):
        check_test(name)
    sets_of_sites = named_files(sites)
    wants_sites = bool(sets_of_sites) or contacts is not None
    if wants_sites and genome is None and genes is None:
        raise DesignError("where sites lie needs genes; give --genome or --genes")
    with expecting(results, RESULTS):
        table = read_results(results)
    given = named(
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        control=control,
        copy_number=copy_number,
        segments=segments,
        fasta=fasta,
        background=background,
    )
    question = question_again(table, results, given)
    sets, symbols = load_sets(gene_sets), load_symbols()
    analysis = None
    if counts is not None:
        matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark)
        analysis = repeat_analysis(table, matrix, sheet, question)
    elif scores is not None:
        raise DesignError("single-sample scores need the counts; give them with --counts")
    if partition is not None and where is None:
        raise DesignError("calls by partition are a table of their own; name it with --where")
    reference = None if genome is None and genes is None else load_reference(genome, genes)
    level, of_genes = _genes_of_sites(table, analysis, reference)
    found = enrich_results(
        table if level is None else level.results,
        sets,
        analysis if level is None else level,
        symbols=symbols,
        fdr=question.fdr,
        own_sets=gene_sets is not None,
        kinds=gene_set_kinds() if gene_sets is None else None,
        test=test or DEFAULT_TEST,
        beside=beside,
        covariates=None if genome is None else gene_covariates(built_in(genome)),
        lfc_threshold=question.lfc_threshold,
        mark=str(facts_of(table.attrs["header"]).get("mark", "")),
    )
    about = {"question": question.as_values(output.parent)}
    header = table.attrs["header"] | about | of_genes | found.attrs["header"]
    write_table(output, found, header=header)
    if wants_sites and reference is not None:
        _write_sites(output, table, reference, sets_of_sites, contacts)
    if where is not None:
        _write_where(table, where, partition, None if genome is None else built_in(genome))
    if scores is not None and counts is not None:
        own = sample_scores(matrix, sets, symbols=symbols)
        write_table(scores, own, header=own.attrs["header"])


def _genes_of_sites(
    results: pd.DataFrame, analysis: Analysis | None, reference: Reference | None
) -> tuple[Analysis | None, dict[str, str]]:
    """The analysis of the genes where sites speak for them, and a line for the header."""
    from resist_epi.errors import DesignError
    from resist_epi.genes.site_genes import genes_of_sites, site_links
    from resist_epi.samples.presets import find_preset

    facts = results.attrs["header"].get("facts")
    mark = find_preset(str(facts.get("mark", ""))) if isinstance(facts, dict) else None
    peaks = "kind" in results and bool(results["kind"].eq("peaks").all())
    if mark is None or mark.main_kind != "peaks" or not peaks:
        return None, {}
    if analysis is None or reference is None:
        raise DesignError(
            f"a gene of {mark.mark} has the mean of its sites, which takes their counts and the"
            " genes; give --counts, and --genome or --genes"
        )
    links = site_links(analysis.results, reference.annotation, promoter=mark.window)
    level = genes_of_sites(analysis, links, reference.annotation)
    return level, {"gene values": str(level.header["gene values"])}


def _write_sites(
    output: Path,
    results: pd.DataFrame,
    reference: Reference,
    sets: dict[str, Path],
    contacts: Path | None,
) -> None:
    """Where the sites of results lie, beside the table of gene sets."""
    from resist_epi.genes.site_contexts import site_contexts, summarise_contexts
    from resist_epi.genome.naming import Naming
    from resist_epi.io.tables import write_table
    from resist_epi.samples.presets import GENERIC, find_preset
    from resist_epi.study.steps.sites import read_site_sources, sites_in_words

    header = results.attrs["header"]
    facts = header.get("facts")
    mark = find_preset(str(facts.get("mark", ""))) if isinstance(facts, dict) else None
    naming = Naming(reference.genome, frozenset(map(str, results["chrom"].unique())), "the results")
    sources = read_site_sources(sets, contacts, naming, promoter=(mark or GENERIC).window)
    table = site_contexts(results, reference.linked, sources)
    about = {"contrast": header.get("contrast", "")} | sites_in_words(sources)
    stem = output.name.removesuffix(".gz").removesuffix(".tsv")
    write_table(output.with_name(f"{stem}.sites.tsv.gz"), table, header=about)
    summary = summarise_contexts(table)
    write_table(output.with_name(f"{stem}.sites.summary.tsv"), summary, header=about)


def _write_where(
    table: pd.DataFrame, output: Path, partition: Path | None, reference: Reference | None
) -> None:
    from resist_epi.errors import DesignError
    from resist_epi.genes.covariates import gene_covariates
    from resist_epi.genes.where import CPG, cpg_classes, where_called
    from resist_epi.genome.partition import class_of, read_partition
    from resist_epi.io.tables import write_table

    partitions = {}
    if reference is not None:
        partitions[CPG] = cpg_classes(table, gene_covariates(reference))
    if partition is not None:
        partitions[partition.name.split(".")[0]] = class_of(table, read_partition(partition))
    if not partitions:
        raise DesignError("--where takes CpG classes from --genome, or classes from --partition")
    write_table(output, where_called(table, partitions), header=table.attrs["header"])
