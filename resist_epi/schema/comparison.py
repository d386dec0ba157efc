"""Tables of two runs compared; a and b are the runs, in the order given."""

from __future__ import annotations

from resist_epi.schema.column import Column

CHANGED_CALLS = (
    Column("contrast", "str", "", "of the call; of both runs where they ask different ones"),
    Column("mark", "str", "", "as in the sheets"),
    Column("kind", "str", "", "kind of regions"),
    Column("chrom", "str", "", "chromosome"),
    Column("start", "int64", "bp", "0-based start, of the run that calls it (a where both do)"),
    Column("end", "int64", "bp", "end, half-open"),
    Column("region_id", "str", "", "in that run"),
    Column("symbol", "str", "", "gene"),
    Column("change", "str", "", "gained (called in b alone), lost (in a alone) or turned"),
    Column("direction_a", "str", "", "gain, loss, none, not tested, or absent"),
    Column("direction_b", "str", "", "the same in b"),
    Column("log2FoldChange_a", "float64", "log2", "fold change in a"),
    Column("log2FoldChange_b", "float64", "log2", "fold change in b"),
    Column("padj_a", "float64", "", "adjusted P in a"),
    Column("padj_b", "float64", "", "adjusted P in b"),
    Column("why", "str", "", "what the run that does not call it has instead"),
)

COMPARED_KINDS = (
    Column("contrast", "str", "", "as in changed.tsv"),
    Column("mark", "str", "", "as in the sheets"),
    Column("kind", "str", "", "kind of regions"),
    Column("in_runs", "str", "", "both, or the run that alone has this table"),
    Column("regions_a", "int64", "regions", "rows in a"),
    Column("regions_b", "int64", "regions", "rows in b"),
    Column("common", "int64", "regions", "rows in both, by region_id"),
    Column("calls_a", "int64", "regions", "called in a"),
    Column("calls_b", "int64", "regions", "called in b"),
    Column("kept", "int64", "regions", "calls of a that b calls in the same direction"),
    Column("gained", "int64", "regions", "called in b alone"),
    Column("lost", "int64", "regions", "called in a alone"),
    Column("turned", "int64", "regions", "called in both, in opposite directions"),
    Column("close", "int64", "regions", "gained or lost, padj within twice the level in both"),
    Column("correlation", "float64", "", "Pearson, of the fold changes of common regions"),
    Column("median_shift", "float64", "log2", "median of fold change in b less that in a"),
)

RUN_DIFFERENCES = (
    Column("what", "str", "", "version, library, setting, input, or done (what a default chose)"),
    Column("name", "str", "", "of the setting, library or file"),
    Column("a", "str", "", "in a"),
    Column("b", "str", "", "in b"),
    Column("acts_on", "str", "", "calls, counts, what follows the calls, or nothing"),
)

CAUSES = (
    Column("contrast", "str", "", "as in changed.tsv"),
    Column("mark", "str", "", "as in the sheets"),
    Column("kind", "str", "", "kind of regions"),
    Column("cause", "str", "", "the one thing of b that a was given"),
    Column("a", "str", "", "in a"),
    Column("b", "str", "", "in b"),
    Column("n_changed", "float64", "regions", "calls that differ between the runs"),
    Column("n_by_it", "float64", "regions", "of these, those that it alone changes as b has them"),
    Column("n_others", "float64", "regions", "calls that it alone changes and b has as a does"),
    Column("verdict", "str", "", "in words"),
)
