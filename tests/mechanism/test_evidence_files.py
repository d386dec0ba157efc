"""Tables of other assays as people have them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.mechanism.assays import ASSAYS
from resist_epi.mechanism.evidence_files import read_evidence

EXPRESSION = ASSAYS["expression"]


def written(folder: Path, text: str, name: str = "table.tsv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("gene\tbaseMean\tlog2FoldChange\tlfcSE\tstat\tpvalue\tpadj", "\t"),  # DESeq2
        ("genes,logFC,logCPM,F,PValue,FDR", ","),  # edgeR
        ("ID\tlogFC\tAveExpr\tt\tP.Value\tadj.P.Val\tB", "\t"),  # limma
        ("Gene Symbol,Log2 Fold Change,P Value", ","),
    ],
)
def test_tables_of_common_programs(tmp_path: Path, header: str, separator: str) -> None:
    names = header.split(separator)
    rows = []
    for gene, effect, p in (("NSD2", "1.5", "0.001"), ("HK2", "-0.5", "NA")):
        row = ["1"] * len(names)
        row[0] = gene
        effects = {"log2FoldChange", "logFC", "Log2 Fold Change"}
        row[next(i for i, n in enumerate(names) if n in effects)] = effect
        pvalues = {"pvalue", "PValue", "P.Value", "P Value"}
        row[next(i for i, n in enumerate(names) if n in pvalues)] = p
        rows.append(separator.join(row))
    path = written(tmp_path, "\n".join(["# made here", header, *rows, ""]))
    found = read_evidence(path, EXPRESSION).effects
    assert found["gene"].tolist() == ["NSD2", "HK2"]
    assert found["effect"].tolist() == [1.5, -0.5]
    assert found["pvalue"].iloc[0] == 0.001
    assert np.isnan(found["pvalue"].iloc[1])


def test_a_matrix_of_patients_and_what_is_left_out(tmp_path: Path) -> None:
    text = "gene,T1,T2,T3,T4,other\nHK2,1,2,3,4,9\nHK2,5,6,7,8,9\nENSG00000000003.14,0,0,0,0,9\n"
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = read_evidence(path, EXPRESSION, patients=["T4", "T3", "T2", "T1", "T9"])
    assert found.effects["gene"].tolist() == ["HK2", "ENSG00000000003"]
    assert found.values is not None
    assert found.values.iloc[0].tolist() == [5, 6, 7, 8]  # of two rows the higher one
    assert found.effects["effect"].isna().all()


def test_means_of_two_groups(tmp_path: Path) -> None:
    path = written(tmp_path, "id\texpression_BN\texpression_SHR\na\t8\t32\nb\t0\t0\nc\t4\t4\n")
    found = read_evidence(path, EXPRESSION, groups=("SHR", "BN"))
    effect = found.effects["effect"].to_numpy()
    assert effect[0] == pytest.approx(np.log2((32 + 4) / (8 + 4)), rel=0.02)
    assert effect[1:] == pytest.approx([0, 0])
    assert "without P" in found.source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gene\tlogFC\nA\tx\n", "line 2"),
        ("#c\ngene\tlogFC\tpvalue\nA\t1\t1.5\n", "line 3"),
        ("gene\tT1\tT2\nA\t1\t2\n", "neither effects"),
        ("gene\n", "two columns"),
        ("gene\tlogFC\n", "no rows"),
        ("gene\ta_good\ta_poor\nA\t-1\t2\n", "negative"),
    ],
)
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputFormatError, match=said):
        read_evidence(path, EXPRESSION, patients=["T1", "T2"], groups=("poor", "good"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('gene,logFC\nA,"1\nB,2\n', "line 2: the cells of this line cannot be told"),
        ("gene,logFC,p\nA,1,0.5\nB,2\n", "line 3: 2 cells in a row; expected 3"),
        ("gene,logFC,logFC\nA,1,2\n", "line 1: two columns are called 'logFC'"),
        ("gene,logFC\nA,1_000\n", "line 2: column logFC; expected a number; found '1_000'"),
        ("gene,logFC\nA,inf\n", "line 2: column logFC; expected a number"),
        ("gene,logFC\n", "the table has no rows"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_evidence(written(tmp_path, text), EXPRESSION)


def test_row_names_of_r_have_no_header(tmp_path: Path) -> None:
    text = '"baseMean"\t"log2FoldChange"\t"pvalue"\n"NSD2"\t9\t1.5\t0.01\n'
    assert read_evidence(written(tmp_path, text), EXPRESSION).effects["gene"].tolist() == ["NSD2"]
