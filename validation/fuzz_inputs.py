"""Undamaged files of every kind that the package reads, and how each is read in full."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from raw_bam import bam_content

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import read_counts, write_counts
from resist_epi.counting.profile_files import read_profile_matrix, write_profile_matrix
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.dna.seg import read_seg
from resist_epi.genes.gene_sets import read_gmt
from resist_epi.genome.cytogenetics import read_borders
from resist_epi.genome.fasta import gc_content
from resist_epi.genome.peaks import read_bed_regions, read_peaks, write_bed
from resist_epi.genome.read_genes import read_genes
from resist_epi.genome.regions import bed_regions
from resist_epi.io.tables import read_results
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.evidence_files import read_evidence
from resist_epi.pipeline import run_study
from resist_epi.report.gather import gather
from resist_epi.report.page import render, write_report
from resist_epi.samples.sheet import make_sheet, read_sheet
from resist_epi.study.settings import StudySettings
from resist_epi.study.study_file import read_study
from resist_epi.tracks.bedgraph import read_bedgraph
from resist_epi.tracks.reads.bam import open_bam
from resist_epi.tracks.reads.bed_reads import open_bed_reads
from resist_epi.tracks.reads.reads import ReadRules

FIGURES_EVERY = 25  # of the damaged run folders, one in so many is drawn too: that takes seconds


@dataclass(frozen=True)
class Input:
    """An undamaged file and its reader.

    Attributes
    ----------
    reader
        Name of the reader, under which its outcomes are counted.
    suffix
        What the file's name ends in.
    content
        The file.
    read
        Reads the whole of it.
    kind
        `text`; `bam` and `parquet` have damage of their own; `folder` is that of a run.
    seconds
        Time of the processor that reading may take.
    """

    reader: str
    suffix: str
    content: bytes
    read: Callable[[Path], Any]
    kind: str = "text"
    seconds: float = 10.0


PEAKS = {
    ".bed": "chr1\t1000\t2000\nchr1\t5000\t7000\nchr2\t100\t900\nchrX\t40\t50\n",
    ".6.bed": 'track name="a b"\nchr1 1000 2000 p1 5 +\nchr1 5000 7000 p2 1e+03 -\n'
    "chr2 1 9 p3 . .\n",
    ".9.bed": "chr1\t10\t20\ta\t0\t+\t10\t20\t255,0,0\nchr1\t30\t50\tb\t9\t-\t30\t50\t0,0,255\n",
    ".narrowPeak": "track type=narrowPeak\nchr1\t1000\t2000\tp1\t47\t.\t4.8\t9.2\t4.7\t96\n"
    "chr1\t5000\t7000\tp2\t1e+05\t.\t4.8\t-1\t4.7\t-1\n",
    ".broadPeak": "chr1\t1000\t2000\tp1\t47\t.\t4.8\t9.2\t4.7\nchr2\t5\t7\tp2\t1\t+\t4.8\t-1\t-1\n",
    ".gappedPeak": "chr1\t1000\t2000\tp1\t47\t.\t1000\t2000\t0\t2\t5,5\t0,995\t4.8\t9.2\t4.7\n",
    ".stringent.bed": "chr1\t100\t900\t318405\t108\tchr1:300-400\n"
    "chr2\t5\t90\t32.5\t7\tchr2:9-20\n",
    "_peaks.xls": "# MACS version 2.1\n\nchr\tstart\tend\tlength\tabs_summit\tpileup\t"
    "-log10(pvalue)\tfold_enrichment\t-log10(qvalue)\tname\n"
    "chr1\t101\t300\t200\t150\t9\t8.1\t4.5\t6\tp_1\nchr2\t11\t30\t20\t15\t9\t8.1\t4.5\t6\tp_2\n",
    ".14_peaks.xls": "chr\tstart\tend\tlength\tsummit\ttags\t-10*log10(pvalue)\tfold_enrichment\t"
    "FDR(%)\nchr1\t101\t300\t200\t50\t9\t81\t4.5\t0.1\nchr1\t401\t500\t100\t50\t9\t8\t4.5\t0\n",
    ".homer.txt": "# HOMER Peaks\n#PeakID\tchr\tstart\tend\tstrand\tNormalized Tag Count\n"
    "chr1-1\tchr1\t1001\t2000\t+\t120.5\nchr1-2\tchr1\t5001\t6000\t0\t12\n",
    ".epic2.txt": "#Chromosome\tStart\tEnd\tPValue\tScore\tStrand\tChIPCount\tInputCount\tFDR\t"
    "log2FoldChange\nchr1\t2000\t2199\t5.08e-10\t204.5\t.\t8\t0\t2.1e-08\t8.56\n"
    "chr1\t6400\t8799\t0\t185.2\t.\t9\t1\t3e-08\t5.2\n",
    ".islands-summary": "chr1\t2000\t2199\t8\t1\t5.08e-10\t8.5\t2.1e-08\n"
    "chr2\t6400\t8799\t9\t1\t1e-9\t5.2\t3e-08\n",
    ".R.txt": '"seqnames"\t"start"\t"end"\t"width"\t"strand"\n"1"\t"chr1"\t101\t300\t200\t"*"\n'
    '"2"\t"chr2"\t11\t30\t20\t"+"\n',
}

GTF = """#!genome
chr1\tsrc\tgene\t1000\t9000\t.\t+\t.\tgene_id "G1"; gene_name "A"; gene_type "protein_coding";
chr1\tsrc\ttranscript\t1000\t9000\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "A";
chr1\tsrc\texon\t1000\t9000\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "A";
chr2\tsrc\tgene\t500\t700\t.\t-\t.\tgene_id "G2"; gene_name "B";
chr2\tsrc\ttranscript\t500\t700\t.\t-\t.\tgene_id "G2"; transcript_id "T2"; gene_name "B";
"""

EXONS = """chr1\tsrc\texon\t1000\t2000\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr1\tsrc\texon\t4000\t9000\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr2\tsrc\texon\t500\t700\t.\t.\t.\tgene_id "G2"; transcript_id "T2";
"""

GFF3 = """##gff-version 3
1\tGRCh38\tchromosome\t1\t248956422\t.\t.\t.\tID=chromosome:1
1\tha\tgene\t1211340\t1214153\t.\t-\t.\tID=gene:E1;Name=TNFRSF4;biotype=protein_coding;gene_id=E1
1\tha\tmRNA\t1211340\t1214153\t.\t-\t.\tID=transcript:T1;Parent=gene:E1;Name=TNFRSF4-201
1\tha\texon\t1211340\t1214153\t.\t-\t.\tParent=transcript:T1
1\tha\tncRNA_gene\t2000000\t2002000\t.\t+\t.\tID=gene:E9;biotype=lncRNA;gene_id=E9
"""

GENES = {
    ".gtf": GTF,
    ".exons.gtf": EXONS,
    ".gff3": GFF3,
    ".genePred": "NM_1\tchr1\t+\t100\t900\t200\t800\t1\t100,\t900,\t0\tA\tcmpl\tcmpl\t0,\n"
    "NM_2\tchr2\t-\t100\t900\t200\t800\t1\t100,\t900,\t0\tB\tcmpl\tcmpl\t0,\n",
    ".refFlat": "A\tNM_1\tchr1\t+\t100\t900\t200\t800\t1\t100,\t900,\n"
    "B\tNM_2\tchr2\t-\t100\t900\t200\t800\t1\t100,\t900,\n",
    ".bed12": "chr1\t100\t900\tA\t0\t+\t100\t900\t0\t1\t800,\t0,\n"
    "chr2\t10\t90\tB\t0\t-\t10\t90\t0\t1\t80,\t0,\n",
    ".genes.tsv": "#chrom\tstart\tend\tgene_id\tgene_name\tstrand\n"
    "chr1\t100\t900\tG1\tA\t+\nchr2\t10\t90\tG2\tB\t-1\n",
}

SHEET = """SampleID,Factor,Condition,Patient,Purity,LibrarySize,Coverage,Note
s0,H3K27me3,good,P0,0.5,1000,s0.bw,"a, b"
s1,H3K27me3,good,P1,,2000,s1.bw,
s2,H3K27me3,poor,P2,0.75,3000,s2.bw,x
s3,H3K27me3,poor,P3,1,4000,s3.bw,y
"""

SEG = """ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean
s0\tchr1\t1\t50000\t10\t0.12
s0\tchr1\t50001\t90000\t8\t-0.5
s1\tchr1\t1\t90000\t18\tNA
s1\tchr2\t1\t90000\t18\t1.5
"""

EVIDENCE = {
    ".deseq2.csv": '"gene","baseMean","log2FoldChange","pvalue","padj"\n"A",100,1.5,1e-3,0.1\n'
    '"B",50,-2,NA,NA\n"C",7,0.25,0.5,0.9\n',
    ".levels.tsv": "gene\tP0\tP1\tP2\tP3\nA\t1\t2\t3\t4\nB\t0.5\t\t1\t2\n"
    "ENSG00000141510.3\t1\t2\t3\t4\n",
    ".means.tsv": "gene\tmean_good\tmean_poor\nA\t10\t20\nB\t5\t0\n",
}

STUDY = """sheet: sheet.csv
genome: hg38
design: ~ Condition
contrast: poor-good
fdr: 0.05
lfc_threshold: 0.0
min_overlap: 2
jobs: 1
keep_duplicates: true
extend: null
"""


def every_input(folder: Path) -> list[Input]:
    """All undamaged files; `folder` is for what has to be made."""
    texts = [
        *(Input("peaks", suffix, text.encode(), read_peaks) for suffix, text in PEAKS.items()),
        *(Input("genes", suffix, text.encode(), read_genes) for suffix, text in GENES.items()),
        Input("bedGraph", ".bedGraph", BEDGRAPH.encode(), _every_run),
        Input("BED reads", ".reads.bed", READS.encode(), partial(_count, open_bed_reads)),
        Input("GMT", ".gmt", b"#c\nUP\tna\tA\tB\tC\nDOWN\thttp://x\tD\tE\n", read_gmt),
        Input("sheet", ".csv", SHEET.encode(), read_sheet),
        Input("sheet", ".tsv", SHEET.replace(",", "\t").encode(), read_sheet),
        Input("SEG", ".seg", SEG.encode(), read_seg),
        Input("FASTA", ".fa", FASTA.encode(), partial(gc_content, regions=REGIONS)),
        Input("cytogenetics", ".borders.tsv", BORDERS.encode(), read_borders),
        Input("study.yaml", ".yaml", STUDY.encode(), read_study),
        *(Input("evidence", name, text.encode(), _evidence) for name, text in EVIDENCE.items()),
    ]
    return [*texts, *_written(folder), *_counts(folder), *_run(folder)]


BEDGRAPH = "track type=bedGraph\n" + "".join(
    f"{c}\t{100 * i}\t{100 * i + 90}\t{v}\n"
    for c in ("chr1", "chr2")
    for i, v in enumerate([1, 0.5, "NaN", -2, 1e3, 8])
)

READS = "".join(
    f"chr{1 + i % 2}\t{50 * i}\t{50 * i + 36}\tr{i}\t{i}\t{'+-'[i % 2]}\n" for i in range(9)
)

REGIONS = bed_regions([("chr1", 10, 200), ("chr1", 300, 500), ("chr2", 0, 90)])

FASTA = ">chr1 first\n" + "ACGTTGCANN\n" * 60 + ">chr2\n" + "GGCC\n" * 30

BORDERS = "# source\nassembly\tchrom\tborder\nhg38\tchr1\t123400000\nhg38\tchr2\t93900000\n"


def _every_run(path: Path) -> list[Any]:
    track = read_bedgraph(path)
    return [(chrom, list(track.runs(chrom))) for chrom in track.chrom_lengths]


def _count(opener: Callable[[Path], Any], path: Path) -> Any:
    file = opener(path)
    chroms = dict(file.chrom_lengths)
    regions = bed_regions([(c, 0, max(n, 1)) for c, n in chroms.items()])
    return chroms, file.count(regions, rules=ReadRules("five_prime")) if len(regions) else None


def _evidence(path: Path) -> Any:
    patients = ("P0", "P1", "P2", "P3")
    return read_evidence(
        path, next(iter(ASSAYS.values())), patients=patients, groups=("poor", "good")
    )


def _written(folder: Path) -> list[Input]:
    """What the package writes itself: regions, matrix files; and a BAM."""
    write_bed(REGIONS.assign(tss=5), folder / "regions.bed")
    values = {s: np.arange(12.0).reshape(3, 4) * k for k, s in enumerate(("s0", "s1"), start=1)}
    profile = ProfileMatrix(values, REGIONS.assign(group=["a", "a", "b"]), 10, 20, 20)
    write_profile_matrix(folder / "matrix.gz", profile)
    matrix = gzip.decompress((folder / "matrix.gz").read_bytes())
    regions = (folder / "regions.bed").read_bytes()
    return [
        Input("regions", ".bed", regions, read_bed_regions),
        Input("matrix", ".mat", matrix, read_profile_matrix),
        Input("BAM", ".bam", bam_content(), partial(_count, open_bam), "bam"),
    ]


def _counts(folder: Path) -> list[Input]:
    """Counts of both formats and of others' programs."""
    samples = ("s0", "s1", "s2", "s3")
    rows = bed_regions([(f"chr{1 + i % 3}", 1000 * i, 1000 * i + 500) for i in range(20)])
    values = np.random.default_rng(0).poisson(20, (20, 4)).astype(np.float64)
    matrix = CountMatrix(values, rows, samples, "reads", values.sum(axis=0))
    found = []
    for suffix in (".tsv", ".parquet"):
        path = folder / f"counts{suffix}"
        write_counts(path, matrix)
        kind = "parquet" if suffix == ".parquet" else "text"
        name = "counts Parquet" if kind == "parquet" else "counts TSV"
        found.append(Input(name, suffix, path.read_bytes(), read_counts, kind))
    sheet = make_sheet(
        pd.DataFrame({"SampleID": samples, "Factor": "H3", "Condition": list("aabb")})
    )
    foreign = matrix.to_frame()[["chrom", "start", "end", *samples]].to_csv(sep="\t", index=False)
    plain = partial(read_counts, sheet=sheet)
    found.append(Input("counts of others", ".foreign.tsv", foreign.encode(), plain))
    head = "\t".join(f"'{c}'" for c in ("chr", "start", "end", *samples))
    raw = f"#{head}\n" + "".join(f"chr1\t{i}.0\t{i + 9}.0\t1.5\t2\tnan\t4\n" for i in (0, 10, 20))
    signal = partial(read_counts, sheet=sheet, quantity="mean_signal")
    return [*found, Input("counts of others", ".raw.tsv", raw.replace("nan", "3").encode(), signal)]


def _run(folder: Path) -> list[Input]:
    """The folder of a small run, as JSON of its files, and the table of results in it."""
    study = folder / "study"
    study.mkdir()
    rng = np.random.default_rng(3)
    genes = [(c, 10_000 * i + 3000, 10_000 * i + 8000) for c in ("chr1", "chr2") for i in range(20)]
    lines = ["chrom\tstart\tend\tgene_id\tgene_name\tstrand\n"]
    lines += [f"{c}\t{a}\t{b}\tID{i}\tGENE{i}\t+\n" for i, (c, a, b) in enumerate(genes)]
    (study / "genes.tsv").write_text("".join(lines))
    sheet = ["SampleID,Factor,Condition,Coverage\n"]
    for s in range(6):
        steps = [
            (c, start, rng.gamma(9) * (4 if s > 2 and start // 10_000 < 3 else 1))
            for c in ("chr1", "chr2")
            for start in range(0, 200_000, 500)
        ]
        text = "".join(f"{c}\t{start}\t{start + 500}\t{v:.4f}\n" for c, start, v in steps)
        (study / f"s{s}.bedGraph").write_text(text)
        sheet.append(f"s{s},H3K27me3,{'good' if s < 3 else 'poor'},s{s}.bedGraph\n")
    (study / "sheet.csv").write_text("".join(sheet))
    (study / "sets.gmt").write_text("UP\tx\tGENE0\tGENE1\tGENE20\nREST\tx\tGENE7\tGENE8\tGENE9\n")
    settings = StudySettings(
        sheet=study / "sheet.csv", genes=study / "genes.tsv", gene_sets=study / "sets.gmt"
    )
    run_study(settings, study / "out")
    kept = [
        p
        for p in sorted((study / "out").rglob("*"))
        if p.is_file() and "figures" not in p.parts and p.suffix not in {".html", ".log", ".xml"}
    ]
    packed = json.dumps({str(p.relative_to(study / "out")): _as_text(p) for p in kept})
    results = next(p for p in kept if p.name == "H3K27me3.promoters.tsv.gz")
    return [
        Input("results", ".tsv", gzip.decompress(results.read_bytes()), read_results),
        Input("run folder", "", packed.encode(), _report, "folder", seconds=60),  # draws
    ]


def _as_text(path: Path) -> str:
    """A file's content, unpacked, as characters of its bytes."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("latin-1")


def _report(folder: Path) -> int:
    if hash(tuple(sorted(p.stat().st_size for p in folder.rglob("*")))) % FIGURES_EVERY == 0:
        return len(write_report(folder, folder / "page.html"))
    return len(render(gather(folder)))


def write_input(damaged: bytes, kind: str, path: Path) -> None:
    """Put a damaged input where its reader is to find it."""
    if kind != "folder":
        path.write_bytes(damaged)
        return
    shutil.rmtree(path, ignore_errors=True)
    for name, text in json.loads(damaged).items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("latin-1")
        file.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
