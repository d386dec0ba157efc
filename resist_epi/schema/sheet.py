"""The sample sheet: its columns, which of them name files, and what numbers must be."""

from __future__ import annotations

from typing import Any, NamedTuple

from resist_epi.schema.column import Column

# With DiffBind's meaning.
DIFFBIND_SHEET = (
    Column("SampleID", "str", "", "name of the library; each stands once"),
    Column("Tissue", "str", "", "tissue or cell line; usable in a design"),
    Column("Factor", "str", "", "the mark, such as H3K27me3"),
    Column("Condition", "str", "", "the group, such as good or poor"),
    Column("Treatment", "str", "", "treatment; usable in a design"),
    Column("Replicate", "str", "", "number of the replicate"),
    Column("bamReads", "path", "", "reads: BAM, or BED, sorted or not"),
    Column("ControlID", "str", "", "name of the input"),
    Column("bamControl", "path", "", "reads of the input"),
    Column("Peaks", "path", "", "peaks of the library: BED, narrowPeak, broadPeak, xls of MACS"),
    Column("PeakCaller", "str", "", "program of the peaks; the content decides how it is read"),
    Column("PeakFormat", "str", "", "format of the peaks; the content decides how it is read"),
    Column("Spikein", "str", "", "file of spike-in reads; kept, and not read"),
)

OWN_SHEET = (
    Column("Coverage", "path", "", "coverage track: bigWig or bedGraph"),
    Column("ControlCoverage", "path", "", "coverage track of the input"),
    Column("Patient", "str", "", "biological unit: its libraries of a mark are merged"),
    Column("Batch", "str", "", "batch; usable in a design"),
    Column("Purity", "float64", "share", "share of tumour cells"),
    Column("LibrarySize", "float64", "reads", "mapped reads; wins over what a track says"),
    Column("FragmentLength", "float64", "bp", "length to which single reads are extended"),
    Column("SpikeInReads", "float64", "reads", "reads of the exogenous genome"),
    Column("TimeToProgression", "float64", "", "time to progression or last visit, in any unit"),
    Column("Progressed", "float64", "", "1 where progression was seen, 0 where not"),
    Column("Assembly", "str", "", "assembly of the files, such as hg38"),
    Column("Timepoint", "str", "", "such as before and after; parts units of a patient"),
    Column("Assay", "str", "", "ChIP-seq, CUT&RUN or CUT&Tag, in any spelling"),
)

SHEET = (*DIFFBIND_SHEET, *OWN_SHEET)

REQUIRED = ("SampleID", "Factor", "Condition")

# What people call them, in small letters without blanks and signs.
ALSO_CALLED = {
    "SampleID": ("sample", "sampleid", "samplename", "name", "id", "library", "libraryid"),
    "Factor": ("mark", "antibody", "target", "histone", "histonemark", "ip", "assaytarget"),
    "Condition": ("group", "status", "outcome", "response", "class", "phenotype", "state"),
    "Coverage": ("bigwig", "bw", "track", "signal", "bedgraph", "file", "path", "bigwigfile"),
}

SHEET_PATHS = ("Coverage", "bamReads", "Peaks", "ControlCoverage", "bamControl")


class Number(NamedTuple):
    """What a number of the sheet must be: in words, and as bounds (None: no bound)."""

    expected: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    one_of: tuple[float, ...] = ()

    def holds(self, value: Any) -> Any:
        """Whether a number, or each of an array, is within the bounds.

        Examples
        --------
        >>> NUMBERS["Purity"].holds(0.6), NUMBERS["Progressed"].holds(2)
        (True, False)
        """
        right = value == value  # noqa: PLR0124 (NaN is no number; an array stays one)
        if self.at_least is not None:
            right &= value >= self.at_least
        if self.above is not None:
            right &= value > self.above
        if self.at_most is not None:
            right &= value <= self.at_most
        if self.one_of:
            among = value != value  # noqa: PLR0124
            for allowed in self.one_of:
                among |= value == allowed
            right &= among
        return right


NUMBERS = {
    "Purity": Number("a share between 0 and 1", at_least=0, at_most=1),
    "LibrarySize": Number("a number above 0", above=0),
    "FragmentLength": Number("a number of base pairs above 0", above=0),
    "SpikeInReads": Number("a number above 0", above=0),
    "TimeToProgression": Number("a time, 0 or more", at_least=0),
    "Progressed": Number("1 (event) or 0 (censored)", one_of=(1, 0)),
}
