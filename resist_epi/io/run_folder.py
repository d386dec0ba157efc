"""Every file name of a run's folder, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resist_epi.io.store import file_name


@dataclass(frozen=True)
class MarkFiles:
    """Where a run keeps the files of one mark.

    Attributes
    ----------
    folder
        The run's folder.
    mark
        As the sheet's `Factor` has it.
    """

    folder: Path
    mark: str

    @property
    def name(self) -> str:
        """The mark as it stands in file names."""
        return file_name(self.mark)

    def _in(self, room: str, ending: str) -> Path:
        return self.folder / room / f"{self.name}{ending}"

    def counts(self, kind: str) -> Path:
        """Counts in one kind of regions; of the kind `windows`, those that domains are made of."""
        return self._in("counts", f".{kind}.parquet")

    def control_counts(self, kind: str) -> Path:
        """The control libraries in the same regions."""
        return self._in("counts", f".{kind}.inputs.parquet")

    def results(self, kind: str) -> Path:
        """The contract's result columns."""
        return self._in("differential", f".{kind}.tsv.gz")

    def calls(self, kind: str) -> Path:
        """Gains and losses, for a genome browser."""
        return self._in("differential", f".{kind}.bed")

    def carriers(self, kind: str) -> Path:
        """Changes in some of the units."""
        return self._in("differential", f".{kind}.subset.tsv.gz")

    def links(self, kind: str) -> Path:
        """Every gene of every region, for kinds that are not named after genes."""
        return self._in("links", f".{kind}.tsv.gz")

    @property
    def genes(self) -> Path:
        """One row a gene, all kinds side by side."""
        return self._in("genes", ".tsv.gz")

    @property
    def normalization(self) -> Path:
        """Factors of every normalisation that can be had."""
        return self._in("normalization", ".tsv")

    @property
    def normalization_calls(self) -> Path:
        """How many regions which normalisations call together."""
        return self._in("normalization", ".calls.tsv")

    @property
    def gene_sets(self) -> Path:
        """Every gene set."""
        return self._in("gene_sets", ".tsv")

    @property
    def one_by_one(self) -> Path:
        """The genes of the set named in advance."""
        return self._in("gene_sets", ".nsd2_core.tsv")

    @property
    def pre_specified(self) -> Path:
        """The test of the set named in advance."""
        return self._in("gene_sets", ".nsd2_core_test.tsv")

    @property
    def quality(self) -> Path:
        """A row a library."""
        return self._in("quality", ".tsv")

    @property
    def shares(self) -> Path:
        """Shares of each library in peaks and promoters."""
        return self._in("quality", ".shares.tsv")

    @property
    def correlation(self) -> Path:
        """Samples against samples."""
        return self._in("quality", ".correlation.tsv")

    @property
    def components(self) -> Path:
        """Principal components."""
        return self._in("quality", ".pca.tsv")

    @property
    def profile(self) -> Path:
        """Signal along the regions that speak for genes, as deepTools has it."""
        return self._in("profiles", ".gz")

    @property
    def arms(self) -> Path:
        """Mean change of every chromosome arm."""
        return self._in("copy_number", ".arms.tsv")

    def evidence(self, assay: str) -> Path:
        """The mark beside another assay, gene by gene."""
        return self._in("evidence", f".{assay}.tsv.gz")


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps what; the names are a contract with people's pipelines.

    Attributes
    ----------
    path
        The folder.
    """

    path: Path

    def mark(self, mark: str) -> MarkFiles:
        """The files of one mark."""
        return MarkFiles(self.path, mark)

    @property
    def study(self) -> Path:
        """Settings that run the same study again."""
        return self.path / "study.yaml"

    @property
    def provenance(self) -> Path:
        """Version, settings and checksums."""
        return self.path / "provenance.json"

    @property
    def ledger(self) -> Path:
        """Finished steps, with what each was made from."""
        return self.path / "steps.json"

    @property
    def looks(self) -> Path:
        """What each track is, as far as it was looked at."""
        return self.path / "tracks.json"

    @property
    def check(self) -> Path:
        """What was found before anything was counted."""
        return self.path / "check.tsv"

    @property
    def quality(self) -> Path:
        """A row a library, of all marks."""
        return self.path / "qc.tsv"

    @property
    def parts(self) -> Path:
        """Counts of single files, until all are there."""
        return self.path / "counts" / "parts"

    @property
    def segments(self) -> Path:
        """Copy number, for IGV."""
        return self.path / "copy_number" / "segments.seg"

    @property
    def amplicons(self) -> Path:
        """Recurrent gains, a column a library."""
        return self.path / "copy_number" / "amplicons.tsv"

    @property
    def switches(self) -> Path:
        """Genes by what two opposing marks do."""
        return self.path / "marks" / "switches.tsv"

    @property
    def concordance(self) -> Path:
        """How far marks and other assays go together."""
        return self.path / "evidence" / "concordance.tsv"

    @property
    def mechanisms(self) -> Path:
        """Mechanisms by mark and assay."""
        return self.path / "mechanisms.tsv"

    @property
    def figures(self) -> Path:
        """Figures, as PNG and PDF or SVG."""
        return self.path / "figures"

    @property
    def session(self) -> Path:
        """Tracks and calls, for IGV."""
        return self.path / "igv_session.xml"

    @property
    def report(self) -> Path:
        """The page on the run."""
        return self.path / "report.html"
