"""Tables with a row a region."""

from __future__ import annotations

from resist_epi.schema.column import Column

REGIONS = (
    Column("chrom", "str", "", "chromosome"),
    Column("start", "int64", "bp", "0-based start"),
    Column("end", "int64", "bp", "end, not included"),
    Column("strand", "str", "", "+, - or . for none"),
    Column("region_id", "str", "", "unique name of the region"),
    Column("gene_id", "str", "", "gene of a promoter or gene body, else empty"),
    Column("symbol", "str", "", "gene symbol, else empty"),
    Column("kind", "str", "", "promoters, genes, peaks, bins or domains"),
)

RESULTS = (
    *REGIONS[:7],
    Column("baseMean", "float64", "the quantity's own", "mean over samples, normalised"),
    Column("log2FoldChange", "float64", "log2", "the contrast, unshrunken"),
    Column("lfcSE", "float64", "log2", "standard error of log2FoldChange"),
    Column("ci_low", "float64", "log2", "lower end of the 95 % interval"),
    Column("ci_high", "float64", "log2", "upper end of the 95 % interval"),
    Column("stat", "float64", "", "moderated t, or signed root of F"),
    Column("df", "float64", "", "degrees of freedom of stat"),
    Column("pvalue", "float64", "", "two-sided P"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the regions tested"),
    Column("direction", "str", "", "gain or loss at the chosen FDR, else none"),
)

# Appended to RESULTS; NaN where a test has no standard error.
SHRUNKEN = (
    Column("shrunkenLog2FoldChange", "float64", "log2", "the contrast after adaptive shrinkage"),
    Column("svalue", "float64", "", "share of wrong signs among regions of at most this s-value"),
)

# Appended to RESULTS where there is a test.
LOCI = (
    Column("locus_id", "str", "", "run of neighbours that go together across the units"),
    Column(
        "locus_padj", "float64", "", "Benjamini-Hochberg over loci of Simes' P of their regions"
    ),
)

# Appended to RESULTS by `stability.with_stability`: of what is called.
STABILITY = (
    Column("stability", "float64", "", "share of the fits without one unit that call it, too"),
    Column("stability_min_log2FoldChange", "float64", "log2", "smallest change among these fits"),
    Column("hangs_on", "str", "", "unit without which alone it is not called, else empty"),
)

SUBSETS = (
    *REGIONS[:7],
    Column("n_carriers", "Int64", "units", "units of the first side that carry the change"),
    Column("n_units", "int64", "units", "units of the first side"),
    Column("carriers", "str", "", "those units, comma between"),
    Column("carrier_log2FoldChange", "float64", "log2", "carriers less all other units"),
    Column("stat", "float64", "", "normal score of the best split, signed"),
    Column("pvalue", "float64", "", "two-sided P, against splits of simulated noise"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the regions tested here"),
    Column("direction", "str", "", "gain or loss at the chosen FDR, else none"),
)
