"""Columns that stand beside a contract's own: of a kind of regions, of an option, of a gene.

A name in capitals stands for many: `mean_GROUP` is a column a group, `KIND_padj` one a kind.
"""

from __future__ import annotations

from resist_epi.schema.column import Column

PROMOTERS = (
    Column("tss", "int64", "bp", "0-based transcription start; of merged starts the first"),
    Column("n_transcripts", "int64", "transcripts", "that start in the window"),
    Column("primary", "bool", "", "the promoter that speaks for its gene; one a gene"),
    Column("mane", "bool", "", "holds the start of the MANE Select transcript"),
    Column("most_transcripts", "bool", "", "has most of the gene's transcripts"),
)

PEAKS = (
    Column("n_samples", "int64", "samples", "whose own peaks the consensus peak holds"),
    Column("n_GROUP", "int64", "samples", "of these, those of a group"),
)

LINKED = (
    Column("class", "str", "", "where the region lies: promoter, gene_body, distal, intergenic"),
    Column("nearest_symbol", "str", "", "gene of the nearest transcription start"),
    Column("distance", "float64", "bp", "from that start; negative upstream of the gene"),
    Column("link", "str", "", "by what `symbol` was named: promoter, gene_body or distal"),
    Column("linked_genes", "str", "", "every gene, with its share of the region"),
)

DOMAINS = (
    Column("signal_pvalue", "float64", "", "of the domain's whole signal; `pvalue` is of windows"),
    Column("n_windows", "int64", "windows", "windows tested"),
    Column("n_up", "int64", "windows", "of these, gained at 5 % within the domain"),
    Column("n_down", "int64", "windows", "of these, lost at 5 % within the domain"),
    Column("window_direction", "str", "", "up, down, mixed or none: of the windows that decide P"),
    Column("best_start", "Int64", "bp", "start of the window of the lowest P"),
    Column("best_end", "Int64", "bp", "its end"),
    Column("best_log2FoldChange", "float64", "log2", "its change"),
    Column("direction_from", "str", "", "whether all windows or the best one say the direction"),
    Column("whole_start", "int64", "bp", "its start before it was cut at the largest width"),
    Column("whole_end", "int64", "bp", "its end before"),
)

AGREEMENT = (
    Column(
        "high_confidence",
        "bool",
        "",
        "called, in one direction, by background or spike-in and by TMM; about normalisation alone",
    ),
)

# The same test without the weights of units, and without hidden factors, where there were any.
OTHERWISE = (
    Column("log2FoldChange_unweighted", "float64", "log2", "the contrast, without weights"),
    Column("pvalue_unweighted", "float64", "", "its two-sided P"),
    Column("padj_unweighted", "float64", "", "its adjusted P"),
    Column("unadjusted_pvalue", "float64", "", "two-sided P without the hidden factors"),
    Column("unadjusted_padj", "float64", "", "its adjusted P"),
)

# By `--values`.
VALUES = (
    Column("mean_GROUP", "float64", "that of baseMean", "mean of a group's units, normalised"),
    Column("value_UNIT", "float64", "that of baseMean", "value of a unit, normalised"),
)

LINKS = (
    Column("region_id", "str", "", "the peak or domain"),
    Column("gene_id", "str", "", "a gene that it is linked to"),
    Column("symbol", "str", "", "its symbol"),
    Column("reason", "str", "", "promoter, gene_body, distal or nearest"),
    Column("overlap_bp", "int64", "bp", "bases of the region in that promoter or body"),
    Column("fraction", "float64", "", "share of the region that these are"),
    Column("distance", "float64", "bp", "from the start to the region; negative upstream"),
    Column("gene_fraction", "float64", "", "of domains: share of the gene's body that is covered"),
    Column("n_covered", "int64", "genes", "of domains: genes covered by more than half"),
)

GENES = (
    Column("chrom", "str", "", "chromosome"),
    Column("start", "int64", "bp", "0-based start of the region that speaks for the gene"),
    Column("end", "int64", "bp", "its end, not included"),
    Column("strand", "str", "", "+, - or ."),
    Column("gene_id", "str", "", "gene"),
    Column("symbol", "str", "", "gene symbol"),
    Column("locus_id", "str", "", "genes of one locus are counted once in sets"),
    Column("KIND_baseMean", "float64", "the quantity's own", "of its region of each kind"),
    Column("KIND_log2FoldChange", "float64", "log2", "of that region"),
    Column("KIND_pvalue", "float64", "", "of that region"),
    Column("KIND_padj", "float64", "", "of that region, among regions of its kind"),
    Column("KIND_direction", "str", "", "of that region; none where the gene has no such region"),
    Column("KIND_region_id", "str", "", "of domains: which one"),
    Column("KIND_reason", "str", "", "of domains: why it speaks for this gene"),
    Column("KIND_fraction", "float64", "", "of domains: share of the gene that it covers"),
    Column("KIND_n_sites", "int64", "sites", "of marks of sites: those averaged"),
)

NORMALIZATION = (
    Column("sample", "str", "", "unit"),
    Column("normalization", "str", "", "normalisation; the first is the one of the results"),
    Column("library_size", "float64", "reads, or coverage x bp", "size of the library"),
    Column("size_factor", "float64", "", "composition: effective size over size"),
    Column("effective_library_size", "float64", "as the size", "what counts are divided by"),
    Column("n_gain", "float64", "regions", "called gains under this normalisation"),
    Column("n_loss", "float64", "regions", "called losses"),
    Column("n_shared", "float64", "regions", "called in one direction by the first one, too"),
    Column("rank_correlation", "float64", "", "Spearman, of fold changes with those of the first"),
    Column("median_shift", "float64", "log2", "median difference of fold changes from the first"),
)

NORMALIZATION_CALLS = (
    Column("NORMALIZATION", "int64", "", "1 where it calls these regions, else 0"),
    Column("n_regions", "int64", "regions", "called by just these, in one direction"),
    Column("n_high_confidence", "int64", "regions", "of these, of high confidence"),
)

RELABELLED_SETS = (
    Column("permutation_pvalue", "float64", "", "P by the rank among groups relabelled"),
)

SWITCHES_MORE = (
    Column("MARK_padj", "float64", "", "for each mark, adjusted P of its region"),
    Column("chrom", "str", "", "chromosome"),
    Column("start", "int64", "bp", "0-based start of the gene's region"),
    Column("end", "int64", "bp", "its end, not included"),
    Column("locus_id", "str", "", "switches of one locus are one finding"),
    Column("shrunkenLog2FoldChange", "float64", "log2", "the smaller one of both marks"),
    Column("svalue", "float64", "", "the larger one of both marks"),
)
