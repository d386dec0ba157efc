"""Tables of what regions say: gene sets, mechanisms, switches, outcomes, tissue, places."""

from __future__ import annotations

from collections.abc import Sequence

from resist_epi.schema.column import Column

GENE_SETS = (
    Column("set", "str", "", "name of the gene set"),
    Column("source", "str", "", "where its members come from"),
    Column("n_genes", "int64", "genes", "members"),
    Column("n_tested", "int64", "genes", "members with a value in this table"),
    Column("n_gain", "int64", "genes", "members that gain the mark at the chosen FDR"),
    Column("n_loss", "int64", "genes", "members that lose it"),
    Column("effect", "float64", "log2", "mean log2FoldChange of the members less that of the rest"),
    Column("pvalue", "float64", "", "two-sided P of the competitive test"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the sets tested"),
    Column("direction", "str", "", "gain or loss at the chosen FDR, else none (see the header)"),
    Column("genes", "str", "", "members called, best supported first, comma between"),
)

# Appended to GENE_SETS by `enrichment.enrich`.
GENE_SETS_MORE = (
    Column("n_loci", "int64", "loci", "tested members, those of one locus counted once"),
    Column("kind", "str", "", "curated, derived, control, marker, or given by the user"),
    Column("family", "str", "", "largest set that shares half of this one's genes, or itself"),
    Column("padj_family", "float64", "", "Holm within the family"),
    Column("untested", "str", "", "why there is no P, else empty"),
    Column(
        "smallest_effect",
        "float64",
        "log2",
        "smallest shift of all members that would be called with power .8",
    ),
)

PRE_SPECIFIED = (
    Column("set", "str", "", "name of the gene set"),
    Column("variant", "str", "", "all genes, or without chrX"),
    Column("n_tested", "int64", "genes", "members with a test of their own"),
    Column("effect", "float64", "log2", "mean log2FoldChange of the members"),
    Column("fry_pvalue", "float64", "", "two-sided P that the members change at all"),
    Column("random_pvalue", "float64", "", "P by the rank among random matched sets, two-sided"),
    Column("n_random", "int64", "sets", "random sets drawn"),
    Column("direction", "str", "", "gain or loss where both tests agree on it, else none"),
    Column("claim", "str", "", "yes where both P are at most .05 in every variant, else no"),
    Column("genes", "str", "", "members tested, comma between"),
)

MECHANISMS = (
    Column("mechanism", "str", "", "in words"),
    Column("layer", "str", "", "mark, switches, or another assay"),
    Column("set", "str", "", "gene set that stands for it"),
    Column("kind", "str", "", "mechanism, control or marker"),
    Column("expected", "str", "", "what was stated before the data were seen"),
    Column("n_genes", "int64", "genes", "members of the set"),
    Column("n_tested", "int64", "genes", "members with a value in this layer"),
    Column("n_loci", "int64", "loci", "these, those of one locus counted once"),
    Column("n_gain", "int64", "genes", "members that gain (switches: loci that are activating)"),
    Column("n_loss", "int64", "genes", "members that lose (switches: loci that are repressive)"),
    Column(
        "effect",
        "float64",
        "log2",
        "mean change of the members less that of the rest; of switches (n_gain - n_loss) / n_loci"
        " less the same of the rest, a share",
    ),
    Column("pvalue", "float64", "", "two-sided, see the header"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the mechanisms of the layer"),
    Column("matched_low", "float64", "log2", "2.5 % of the effects of matched random sets"),
    Column("matched_high", "float64", "log2", "97.5 % of these"),
    Column("direction", "str", "", "gain or loss where padj and matched sets agree, else none"),
    Column("verdict", "str", "", "what was seen against what was expected"),
    Column("genes", "str", "", "members that carry it, best supported first, comma between"),
    Column("warnings", "str", "", "what else may lie behind it"),
    Column("context", "str", "", "therapies meant for it, as the header dates them; no advice"),
    Column("references", "str", "", "where that stands"),
)

# Appended to MECHANISMS by `mechanisms.mechanism_table`.
MECHANISMS_MORE = (
    Column("untested", "str", "", "why there is no P, else empty"),
    Column(
        "smallest_effect",
        "float64",
        "log2",
        "smallest shift of all members that would have been called with power .8",
    ),
    Column("n_called", "float64", "loci", "loci of the set called, in either direction"),
    Column("n_called_matched", "float64", "loci", "mean of the same in matched random sets"),
    Column("mixed_pvalue", "float64", "", "P that more are called than in matched random sets"),
    Column(
        "mixed_padj", "float64", "", "Benjamini-Hochberg of it over the mechanisms of the layer"
    ),
    Column(
        "relabelled_pvalue", "float64", "", "P that more members move than under exchanged labels"
    ),
    Column(
        "called_needed",
        "float64",
        "loci",
        "loci called from which mixed_padj would be at the level",
    ),
    Column("finding", "str", "", "strongest mechanism whose carriers it shares, or itself"),
    Column("shared_genes", "str", "", "carriers that carry other mechanisms of the layer, too"),
    Column(
        "pvalue_unshared", "float64", "", "P without the carriers of the strongest of its finding"
    ),
)

# Of a mark's called genes in an outside cohort (`outcome.outcome_of_genes`).
SURVIVAL = (
    Column("symbol", "str", "", "gene symbol"),
    Column("gene_id", "str", "", "gene"),
    Column("log2FoldChange", "float64", "log2", "the mark's contrast"),
    Column(
        "expected", "str", "", "earlier or later progression with more expression, stated before"
    ),
    Column("hazard_ratio", "float64", "", "for expression higher by one standard deviation"),
    Column("ci_low", "float64", "", "lower end of its 95 % interval"),
    Column("ci_high", "float64", "", "upper end of its 95 % interval"),
    Column("stat", "float64", "", "signed root of the score statistic"),
    Column("pvalue", "float64", "", "two-sided P of Cox's score test"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the genes"),
    Column("agrees", "str", "", "yes where the sign is the one expected"),
)

SURVIVAL_SUMMARY = (
    Column("mark", "str", "", "Factor of the sheet"),
    Column("n_called", "float64", "genes", "called genes of the mark"),
    Column("n_genes", "int64", "genes", "of these in the cohort, one a locus"),
    Column("n_patients", "int64", "patients", "with expression and follow-up"),
    Column("n_events", "int64", "events", "progressions"),
    *SURVIVAL[4:9],
    Column("one_sided_pvalue", "float64", "", "P in the direction stated"),
    Column(
        "random_pvalue", "float64", "", "share of random gene sets with at least this statistic"
    ),
    Column("share_agreeing", "float64", "", "share of the genes with the sign expected"),
    Column("share_agreeing_pvalue", "float64", "", "share of random gene sets with at least this"),
    Column(
        "interaction_ratio", "float64", "", "hazard ratio in the second treatment over the first"
    ),
    Column("interaction_pvalue", "float64", "", "P that it differs between treatments: predictive"),
    Column("verdict", "str", "", "confirmed, no better than random, opposite, or not seen"),
    Column("words", "str", "", "the same in a sentence"),
)

# Of proliferation, subtype and other tissue in the units (`tissue_scores.tissue_scores`).
TISSUE_SCORES = (
    Column("set", "str", "", "gene set that is scored"),
    Column("column", "str", "", "name of the score as a column of a sheet"),
    Column("n_loci", "int64", "loci", "members tested, those of one locus counted once"),
    Column("effect", "float64", "sd within groups", "the contrast of the units' scores"),
    Column("pvalue", "float64", "", "two-sided P, units as replicates"),
    Column("padj", "float64", "", "Holm over the scores"),
    Column("explained", "float64", "", "share of all other genes' fold changes that goes with it"),
    Column(
        "verdict", "str", "", "largely this, partly this, differs, alike, or too few to reassure"
    ),
)

# Appended to TISSUE_SCORES by a run.
TISSUE_SCORES_MORE = (
    Column("calls", "float64", "regions", "regions called"),
    Column(
        "calls_beside", "float64", "regions", "of these called with the score in the design, too"
    ),
)

# Where the calls of a kind of regions lie (`where.where_called`).
WHERE = (
    Column("partition", "str", "", "CpG, or the name of the user's partition"),
    Column("class", "str", "", "class of the region, or of its gene's promoter"),
    Column("direction", "str", "", "gain or loss"),
    Column("n_tested", "int64", "regions", "tested regions of the class"),
    Column("n_called", "float64", "calls", "calls in it, those within 50 kb counted once"),
    Column("n_called_all", "int64", "calls", "calls of this direction everywhere, counted alike"),
    Column("n_expected", "float64", "calls", "mean of draws of regions alike in signal and length"),
    Column("fold", "float64", "", "calls over those expected"),
    Column("pvalue", "float64", "", "two-sided, by rank among the draws"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the rows"),
)

# Share of the genome above background (`balance.mark_balance`); a column a unit follows.
BALANCE = (
    Column("partition", "str", "", "genome, or the name of the user's partition"),
    Column("class", "str", "", "genome, or a class of the partition"),
    Column("n_bins", "float64", "bins", "bins of it, on autosomes"),
    Column("first", "float64", "share", "mean share above background, first side of the contrast"),
    Column("first_error", "float64", "share", "standard error of that mean"),
    Column("second", "float64", "share", "mean share, second side"),
    Column("second_error", "float64", "share", "standard error of that mean"),
    Column(
        "difference", "float64", "share", "the contrast, beside the other columns of the design"
    ),
    Column("error", "float64", "share", "its standard error"),
    Column("pvalue", "float64", "", "two-sided P, units as replicates"),
)

SWITCHES = (
    Column("symbol", "str", "", "gene symbol"),
    Column("gene_id", "str", "", "gene"),
    Column("MARK_log2FoldChange", "float64", "log2", "for each mark, of its region of the gene"),
    Column("MARK_pvalue", "float64", "", "for each mark, two-sided P of that region"),
    Column("class", "str", "", "repressive or activating switch, gain or loss of a mark, none"),
    Column("padj", "float64", "", "adjusted P that both marks change, in opposite directions"),
)

SITE_SUMMARY = (
    Column("feature", "str", "", "where a site lies: distance to a start, a peak set, a contact"),
    Column("n_gain", "int64", "", "sites gained that lie there"),
    Column("of_gain", "int64", "", "sites gained"),
    Column("share_gain", "float64", "", "the first of the second"),
    Column("n_loss", "int64", "", "sites lost that lie there"),
    Column("of_loss", "int64", "", "sites lost"),
    Column("share_loss", "float64", "", "the first of the second"),
    Column("n_other", "int64", "", "sites tested and not called that lie there"),
    Column("of_other", "int64", "", "sites tested and not called"),
    Column("share_other", "float64", "", "the first of the second"),
    Column("odds_ratio_gain", "float64", "", "of sites gained against those not called"),
    Column("pvalue_gain", "float64", "", "Fisher's exact P of that, two-sided"),
    Column("padj_gain", "float64", "", "adjusted over the table"),
    Column("odds_ratio_loss", "float64", "", "of sites lost against those not called"),
    Column("pvalue_loss", "float64", "", "Fisher's exact P of that, two-sided"),
    Column("padj_loss", "float64", "", "adjusted over the table"),
)


def switch_columns(marks: Sequence[str]) -> list[str]:
    """Names of `SWITCHES` with the columns of each mark in turn.

    Examples
    --------
    >>> switch_columns(["A", "B"])[2:6]
    ['A_log2FoldChange', 'A_pvalue', 'B_log2FoldChange', 'B_pvalue']
    """
    own = ("log2FoldChange", "pvalue")
    return [
        "symbol",
        "gene_id",
        *(f"{mark}_{name}" for mark in marks for name in own),
        "class",
        "padj",
    ]
