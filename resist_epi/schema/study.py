"""Tables of a study: its check, its libraries, their copy number, and studies to come."""

from __future__ import annotations

from resist_epi.schema.column import Column

CHECK = (
    Column("level", "str", "", "error, warning or info"),
    Column("sample", "str", "", "SampleID, or empty where the whole study is meant"),
    Column("column", "str", "", "column of the sheet"),
    Column("path", "str", "", "the file, from the folder of the sheet"),
    Column("message", "str", "", "what it is, or what is wrong and the remedy"),
)

QUALITY = (
    Column("sample", "str", "", "SampleID"),
    Column("mark", "str", "", "Factor of the sheet"),
    Column("condition", "str", "", "Condition of the sheet"),
    Column("library_size", "float64", "reads, or coverage x bp", "size of the library"),
    Column("library_size_from", "str", "", "sheet, mapped_reads or total_coverage"),
    Column("n_peaks", "float64", "peaks", "peaks in the sample's own file"),
    Column("fraction_in_peaks", "float64", "", "share of the library in the consensus peaks"),
    Column("fraction_in_promoters", "float64", "", "share of the library in promoters"),
    Column("fraction_zero", "float64", "", "share of the main regions without any signal"),
)

# Appended to QUALITY in a run of peaks alone.
PEAK_QUALITY = (
    Column("median_width", "float64", "bp", "median width of the sample's own peaks"),
    Column("bases", "float64", "bp", "bases in them"),
    Column("n_in_consensus", "float64", "peaks", "of its peaks, those that are in the consensus"),
    Column("n_consensus", "float64", "peaks", "consensus peaks that it has"),
)

# Appended to QUALITY by a run.
QUALITY_MORE = (
    Column("spike_in_reads", "float64", "reads", "reads of an exogenous genome, where known"),
    Column("spike_in_from", "str", "", "where that number is from, else empty"),
)

SEGMENTS = (
    Column("sample", "str", "", "SampleID"),
    Column("chrom", "str", "", "chromosome"),
    Column("start", "int64", "bp", "0-based start"),
    Column("end", "int64", "bp", "end, not included"),
    Column("n_bins", "float64", "bins", "bins or probes in it, where known"),
    Column("log2_ratio", "float64", "log2", "DNA relative to the sample's average"),
)

# Appended to RESULTS where copy number is known.
COPY_NUMBER = (
    Column("copy_number_log2FoldChange", "float64", "log2", "the contrast of the DNA itself"),
    Column("copy_number_r", "float64", "", "correlation of signal and DNA across units, adjusted"),
    Column("copy_number_padj", "float64", "", "Benjamini-Hochberg of copy_number_r, one-sided"),
    Column("follows_copy_number", "bool", "", "copy_number_padj at most the FDR"),
    Column("amplicon", "str", "", "recurrent gain of ER-positive tumours that it lies in"),
)

ARMS = (
    Column("arm", "str", "", "chromosome arm, as 1q; a whole chromosome where arms are unknown"),
    Column("chrom", "str", "", "chromosome"),
    Column("n_regions", "int64", "regions", "tested regions on it"),
    Column("log2FoldChange", "float64", "log2", "contrast of the units' mean signal on the arm"),
    Column("lfcSE", "float64", "log2", "its standard error, units as replicates"),
    Column("stat", "float64", "", "moderated t"),
    Column("pvalue", "float64", "", "two-sided P"),
    Column("padj", "float64", "", "Benjamini-Hochberg over the autosomes' arms; X and Y apart"),
    Column("unit_sd", "float64", "log2", "spread of the units' means on the arm, after the design"),
    Column("unit_sd_padj", "float64", "", "Benjamini-Hochberg: more spread than arms usually have"),
    Column("autocorrelation", "float64", "", "of fold changes of neighbouring regions on the arm"),
    Column("copy_number_log2FoldChange", "float64", "log2", "contrast of the DNA, where known"),
    Column("shifted", "bool", "", "padj at most .05 and the shift at least .1"),
    Column("varies", "bool", "", "unit_sd_padj at most .01 and unit_sd at least .1"),
)

# Not among the dtypes below: its names are words that a user's own columns may have.
POWER = (
    Column("units", "int64", "units", "units a group of the planned study"),
    Column("effect", "float64", "log2", "change of the regions that change, half of them up"),
    Column("depth", "float64", "", "reads a library over those of the pilot's"),
    Column("carrier_share", "float64", "", "share of the first group's units that carry a change"),
    Column("changed", "float64", "", "share of the regions that change"),
    Column("power", "float64", "", "share of these that are called in the right direction"),
    Column("power_se", "float64", "", "standard error of power, of the number of sets"),
    Column("power_low", "float64", "", "lower end of where nine in ten studies lie"),
    Column("power_high", "float64", "", "upper end"),
    Column("expected_fdr", "float64", "", "mean share of the calls that are false"),
    Column("expected_fdr_se", "float64", "", "its standard error"),
    Column("expected_calls", "float64", "regions", "calls, over all regions that the pilot tests"),
    Column("tested", "int64", "regions", "of these, how many such a study tests"),
    Column("method", "str", "", "test that most of the studies take"),
    Column("sets", "int64", "", "studies drawn"),
)

# Peaks alone: where those of each set lie. Not among the dtypes below, as POWER.
PEAK_CLASSES = (
    Column("level", "str", "", "consensus, group or sample"),
    Column("set", "str", "", "which group or sample"),
    Column("class", "str", "", "promoter, gene_body, distal or intergenic"),
    Column("cpg", "str", "", "CpG class of the promoter of the peak's gene"),
    Column("n_peaks", "float64", "peaks", "peaks of the set that are of both classes"),
    Column("fraction", "float64", "", "share of the set's peaks"),
    Column("bases", "float64", "bp", "their bases"),
    Column("fraction_bases", "float64", "", "share of the bases of the set's peaks"),
)
