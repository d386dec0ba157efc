"""One gene in every format gives one annotation; bad lines are named; real files load."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from resist_epi.errors import InputFormatError
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.read_genes import read_genes, recognise_format

# Gene A on +, 0-based half-open 1000-5000 with a second transcript 1200-4000, and B on -, 200-900.
GTF = """\
#!genome-build GRCh38
chr2\thavana\tgene\t1001\t5000\t.\t+\t.\tgene_id "A"; gene_name "A";
chr2\thavana\ttranscript\t1001\t5000\t.\t+\t.\tgene_id "A"; transcript_id "A1"; gene_name "A";
chr2\thavana\texon\t1001\t1100\t.\t+\t.\tgene_id "A"; transcript_id "A1"; gene_name "A";
chr2\thavana\ttranscript\t1201\t4000\t.\t+\t.\tgene_id "A"; transcript_id "A2"; gene_name "A";
chr10\thavana\tgene\t201\t900\t.\t-\t.\tgene_id "B"; gene_name "B";
chr10\thavana\ttranscript\t201\t900\t.\t-\t.\tgene_id "B"; transcript_id "B1"; gene_name "B";
"""
GTF_EXONS = """\
chr2\tucsc\texon\t1001\t1100\t.\t+\t.\tgene_id "A"; transcript_id "A1"; gene_name "A";
chr2\tucsc\texon\t4901\t5000\t.\t+\t.\tgene_id "A"; transcript_id "A1"; gene_name "A";
chr2\tucsc\tCDS\t1050\t1100\t.\t+\t.\tgene_id "A"; transcript_id "A1"; gene_name "A";
chr2\tucsc\texon\t1201\t4000\t.\t+\t.\tgene_id "A"; transcript_id "A2"; gene_name "A";
chr10\tucsc\texon\t501\t900\t.\t-\t.\tgene_id "B"; transcript_id "B1"; gene_name "B";
chr10\tucsc\texon\t201\t300\t.\t-\t.\tgene_id "B"; transcript_id "B1"; gene_name "B";
"""
GFF3 = """\
##gff-version 3
chr2\t.\tregion\t1\t99999\t.\t.\t.\tID=chr2
chr2\tensembl\tgene\t1001\t5000\t.\t+\t.\tID=gene:A;Name=A
chr2\tensembl\tmRNA\t1001\t5000\t.\t+\t.\tID=transcript:A1;Parent=gene:A
chr2\tensembl\texon\t1001\t1100\t.\t+\t.\tParent=transcript:A1
chr2\tensembl\tlnc_RNA\t1201\t4000\t.\t+\t.\tID=transcript:A2;Parent=gene:A
chr10\tensembl\tgene\t201\t900\t.\t-\t.\tID=gene:B;Name=B
"""
REFGENE = """\
585\tNM_1\tchr2\t+\t1000\t5000\t1050\t4000\t2\t1000,4900,\t1100,5000,\t0\tA\tcmpl\tcmpl\t0,0,
585\tNM_2\tchr2\t+\t1200\t4000\t1250\t4000\t1\t1200,\t4000,\t0\tA\tcmpl\tcmpl\t0,
585\tNM_3\tchr10\t-\t200\t900\t200\t900\t1\t200,\t900,\t0\tB\tcmpl\tcmpl\t0,
"""
GENEPRED_EXT = "".join(line.split("\t", 1)[1] + "\n" for line in REFGENE.splitlines())
GENEPRED = """\
A\tchr2\t+\t1000\t5000\t1050\t4000\t2\t1000,4900,\t1100,5000,
A\tchr2\t+\t1200\t4000\t1250\t4000\t1\t1200,\t4000,
B\tchr10\t-\t200\t900\t200\t900\t1\t200,\t900,
"""
REFFLAT = "".join(f"{line[0]}\tNM_{line}\n" for line in GENEPRED.splitlines())
BED12 = """\
track name="genes"
chr2\t1000\t5000\tA\t0\t+\t1050\t4000\t0\t2\t100,100,\t0,3900,
chr2\t1200\t4000\tA\t0\t+\t1250\t4000\t0\t1\t2800,\t0,
chr10\t200\t900\tB\t0\t-\t200\t900\t0\t1\t700,\t0,
"""
TABLE = """\
chrom\tstart\tend\tgene_id\tgene_name\tstrand
chr10\t200\t900\tB\tB\t-1
chr2\t1200\t4000\tA\tA\t1
chr2\t1000\t5000\tA\tA\t1
"""
TABLE_COMMENTED = (
    "# made by hand\n#Chr\tStart\tEnd\tStrand\tgene_id\tsymbol\n"
    "chr2\t1000\t5000\t+\tA\tA\nchr2\t1200\t4000\t+\tA\tA\nchr10\t200\t900\t-\tB\tB\n"
)
FORMATS = {
    "GTF": GTF,
    "GTF of exons": GTF_EXONS,
    "GFF3": GFF3,
    "refGene": REFGENE,
    "genePredExt": GENEPRED_EXT,
    "genePred": GENEPRED,
    "refFlat": REFFLAT,
    "BED12": BED12,
    "table": TABLE,
    "table with # header": TABLE_COMMENTED,
}


def read(folder: Path, text: str, name: str = "genes.txt") -> Annotation:
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read_genes(path)


@pytest.mark.parametrize("name", ["genes.txt", "genes.gz"])
@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_one_gene_in_every_format_is_one_annotation(text: str, name: str, tmp_path: Path) -> None:
    annotation = read(tmp_path, text, name)
    genes = pd.DataFrame(
        {
            "chrom": ["chr2", "chr10"],
            "start": [1000, 200],
            "end": [5000, 900],
            "strand": ["+", "-"],
            "gene_id": ["A", "B"],
            "symbol": ["A", "B"],
            "entrez_id": ["", ""],
            "biotype": ["", ""],
        }
    )
    ends = {"gene_id": ["A", "A", "B"], "tss": [1000, 1200, 899], "tes": [4999, 3999, 200]}
    assert_frame_equal(annotation.genes, genes)
    assert_frame_equal(annotation.transcripts, pd.DataFrame({**ends, "n": [1, 1, 1]}))


@pytest.mark.parametrize("end_of_line", ["\r\n", "\r"])
def test_line_ends_of_other_systems(end_of_line: str, tmp_path: Path) -> None:
    assert len(read(tmp_path, TABLE.replace("\n", end_of_line))) == 2
    assert len(read(tmp_path, GTF.replace("\n", end_of_line))) == 2


def test_names_of_ensembl_gencode_and_ncbi(tmp_path: Path) -> None:
    gencode = (
        'chr1\tHAVANA\ttranscript\t11\t20\t.\t+\t.\tgene_id "ENSG1.5"; gene_type "lncRNA";'
        ' gene_name "X1"; tag "basic"; tag "MANE";\n'
    )
    gene = read(tmp_path, gencode).genes.iloc[0]
    assert (gene["gene_id"], gene["symbol"], gene["biotype"]) == ("ENSG1.5", "X1", "lncRNA")
    ncbi = (
        "NC_1\tRefSeq\tgene\t11\t20\t.\t-\t.\tID=gene-NSD2;Dbxref=GeneID:7468,HGNC:HGNC:12766;"
        "Name=NSD2;gbkey=Gene;gene=NSD2;gene_biotype=protein_coding\n"
        "NC_1\tRefSeq\tmRNA\t11\t20\t.\t-\t.\tID=rna-NM_1;Parent=gene-NSD2;gene=NSD2\n"
    )
    gene = read(tmp_path, ncbi).genes.iloc[0]
    assert (gene["gene_id"], gene["symbol"], gene["entrez_id"]) == ("NSD2", "NSD2", "7468")
    assert gene["biotype"] == "protein_coding"


def test_a_gene_without_transcripts_stands_for_its_only_one(tmp_path: Path) -> None:
    abridged = GTF + 'chr3\tx\tgene\t11\t20\t.\t-\t.\tgene_id "C"; gene_name "C";\n'
    annotation = read(tmp_path, abridged)
    assert annotation.transcripts.set_index("gene_id").loc["C", "tss"] == 19


def test_ucsc_alignments_to_two_places_are_two_loci(tmp_path: Path) -> None:
    copy = "9\tNM_4\tchr10\t-\t5000\t5700\t5000\t5700\t1\t5000,\t5700,\t0\tB\tcmpl\tcmpl\t0,\n"
    genes = read(tmp_path, REFGENE + copy).genes
    assert genes["gene_id"].tolist() == ["A", "B", "B_locus2"]
    assert genes["symbol"].tolist() == ["A", "B", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GTF + "chr1\tx\tgene\t5\n", r"line 8: a line of another width; expected 9 .* found 4"),
        (GTF.replace("\t1201\t", "\tx1\t"), r"line 5: start and end must be whole numbers"),
        (GTF.replace("\t201\t", "\t0\t"), r"line 7: impossible coordinates; expected 1-based"),
        (GTF.replace("\t201\t900\t.\t-", "\t201\t900\t.\tx"), r"line 7: the strand of gene 'B'"),
        (TABLE.replace("4000", "1100"), r"line 3: impossible coordinates; expected 0-based"),
        (TABLE.replace("\t900", "\t-900"), r"line 2: impossible coordinates"),
        (TABLE.replace("chr2\t1200", "chr2\tNA"), r"line 3: .*found NA and 4000"),
        (TABLE.replace("\tB\t-1", "\t-1"), r"line 2: a line of another width; expected 6"),
        (TABLE.replace("strand", "sense"), r"line 1: the header lacks strand"),
        (TABLE.replace("\tA\tA", "\t\tA"), r"line 3: the gene has no id"),
        (REFGENE + "585\tNM_9\tchr2\n", r"line 4: not a line of a genePred table"),
        (GENEPRED.replace("\t-\t", "\t\t"), r"line 3: not a line of a genePred table"),
        (BED12 + "chr2\t1\t9\n", r"line 5: not a gene in BED"),
        (GFF3.replace("ID=gene:B;", ""), r"line 7: a gene without ID"),
        ("chr1\t5\t9\n", r"line 1: not a gene annotation .*GTF, GFF3"),
        ("# nothing\n\n", r"the gene annotation is empty"),
        ("chrom\tstart\tend\tgene_id\tstrand\n", r"no genes in this table file"),
    ],
)
def test_bad_lines_are_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=message):
        read(tmp_path, text)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"missing\.gtf: cannot be read: No such file"):
        read_genes(tmp_path / "missing.gtf")
    damaged = tmp_path / "damaged.gtf.gz"
    damaged.write_bytes(gzip.compress(GTF.encode())[:-9])
    with pytest.raises(InputFormatError, match="damaged gzip file"):
        read_genes(damaged)
    binary = tmp_path / "binary.gtf"
    binary.write_bytes(b"\xeb\xf2\x89\x87\x00\x01")
    with pytest.raises(InputFormatError, match="line 1: not UTF-8 text"):
        read_genes(binary)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "genes.gtf"
    path.write_text(GFF3)
    assert recognise_format(path).name == "GFF3"


@pytest.mark.real
def test_rat_genes_load(real_data: Path) -> None:
    annotation = read_genes(real_data / "rat_heart_h3k27me3_bn_shr" / "genes_rn4.tsv.gz")
    assert len(annotation) == 29_516
    chr12 = annotation.genes[annotation.genes["chrom"] == "chr12"]
    assert len(chr12) == 778
    assert annotation.genes["chrom"].unique().tolist()[:2] == ["chr1", "chr2"]
    hk2 = annotation.genes.set_index("symbol").loc["Hk2"]
    assert annotation.primary_tss()[hk2["gene_id"]] == 116_975_210


@pytest.mark.real
def test_refseq_transcripts_load_as_bed(real_data: Path) -> None:
    annotation = read_genes(real_data / "annotation" / "hg38_refseq_transcripts.bed.gz")
    nsd2 = annotation.genes.set_index("gene_id").loc["NSD2"]
    assert (nsd2["chrom"], nsd2["start"], nsd2["strand"]) == ("chr4", 1_871_395, "+")


STRINGTIE = (
    'chr1\tS\ttranscript\t101\t900\t.\t+\t.\tgene_id "M1"; transcript_id "M1.1";\n'
    'chr1\tS\ttranscript\t201\t800\t.\t.\t.\tgene_id "M2"; transcript_id "M2.1";\n'
)


def test_genes_without_strand_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert read(tmp_path, STRINGTIE).genes["gene_id"].tolist() == ["M1"]
    assert "1 genes have no strand" in caplog.text
    with pytest.raises(InputFormatError, match="line 1: gene 'M1' has no strand, and neither has"):
        read(tmp_path, STRINGTIE.replace("\t+\t", "\t.\t"))


def test_pseudoautosomal_copies_are_genes_of_their_own(tmp_path: Path) -> None:
    copy = GTF.replace("chr1", "chrY").replace('"A"', '"A_PAR_Y"')
    ids = set(read(tmp_path, GTF).genes["gene_id"])
    assert ids < set(read(tmp_path, GTF + copy).genes["gene_id"])


@pytest.mark.parametrize("start", ["1_001", "\uff11\uff12\uff10\uff11", "\u00b2", "9" * 25, "1.5"])
def test_a_start_is_a_number_in_figures(tmp_path: Path, start: str) -> None:
    with pytest.raises(InputFormatError, match="line 5"):
        read(tmp_path, GTF.replace("\t1201\t", f"\t{start}\t"))


def test_a_close_name_of_a_column_is_offered(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="Did you mean 'gene_idx' for 'gene_id'"):
        read(tmp_path, TABLE.replace("gene_id", "gene_idx"))
