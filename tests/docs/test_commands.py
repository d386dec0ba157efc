"""Every command of README and docs runs, as it stands there, on small files.

A document is a story: its commands run in the order of the text, in one folder with the files of a
small cohort (`make_files`). What cannot run as written is in one of the tables below, each with its
reason; a command in no table and of no runnable kind fails.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import glob
import gzip
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyBigWig
import pysam
import pytest
import typer.main

from resist_epi.cli.main import app, main
from resist_epi.genome.builtin import load_genome
from tests.support.cohort import make_cohort
from tests.support.texts import DOCUMENTS, GUIDES, TOP, Snippet, blocks, commands, name, spans

TEXTS = [d for d in DOCUMENTS if name(d) != "CHANGELOG.md"]  # that one tells of past versions

# What is put in place of what is written, and why.
INSTEAD = [
    (r"--genome hg38", "--genes genes.tsv", "the cohort's chromosomes are short"),
    (r"^(resist-epi run (?!study/)(?!.*--genes).*)$", r"\1 --genes genes.tsv", "the same"),
    (r"^(.* --regions promoters(?!.*--genes).*)$", r"\1 --genes genes.tsv", "the same"),
    (r"\bDIR\b", "made", "a place to fill in"),
    (r"--gene HK2\b", "--gene GENE3", "the cohort's genes have names of their own"),
    (r"--set PPP_ALL\b", "--gene-sets sets.gmt --set GAINED", "and so have its sets"),
    (r"greylist --samples sheet.csv", "greylist --samples inputs.csv", "a sheet with inputs"),
    (r"--good 12 --poor 12", "--good 2 --poor 3", "a small cohort shows the same"),
    (r"(--survival cohort.tsv clinical.csv)", r"\1 --fdr 1", "few genes are called there"),
    (
        r"^resist-epi simulate",
        "resist-epi simulate --chromosomes chr21 --fragments 2000",
        "the same",
    ),
]
PILOT = "tests/docs/test_pilot_example.py"
SLURM = "tests/study/test_slurm.py"
# Run in another test, as a whole.
TESTED = {
    "resist-epi demo -o out": "tests/cli/test_demo.py",
    "resist-epi demo -o demo": "tests/cli/test_demo.py",
    "resist-epi demo -o DIR": "tests/cli/test_demo.py",
    "pytest -m real tests/study/test_real_studies.py": "tests/study/test_real_studies.py",
    "resist-epi diff pilot.tsv --samples pilot.csv -o pilot.results.tsv": PILOT,
    "python scripts/rat_heart_sheet.py --reads path/to/euratrans -o rat.csv": (
        "tests/scripts/test_rat_heart.py"
    ),
    "resist-epi run rat.csv -o rat --genes path/to/rn4.gtf.gz": "tests/study/test_run_reads.py",
    "resist-epi power pilot.tsv --samples pilot.csv --units 3,6,12 --effects 1 --sets 10"
    " -o power.tsv": PILOT,
    "resist-epi plot power power.tsv -o power.png": PILOT,
    "resist-epi workflow run wf --profile slurm": SLURM,
    "resist-epi workflow run wf --profile slurm --dry-run": "tests/cli/test_workflow.py",
    "resist-epi workflow run wf --profile slurm --unlock": SLURM,
    "resist-epi workflow run wf --profile slurm -- --jobs 20": "tests/cli/test_workflow.py",
    "resist-epi diff later.tsv --samples later.csv -o later.results.tsv": PILOT,
}
TESTED |= {
    c.text: "tests/docs/test_cut_and_tag.py"
    for c in commands((TOP / "docs/examples/cut_and_tag.md").read_text("utf-8"))
    if c.language == "bash"
}
# Make environments or need the network: that they parse, and that what they name is there.
SETS_UP = {
    "bash scripts/demo.sh",
    "bash scripts/test.sh",
    "bash scripts/test.sh --all",
    "bash scripts/test.sh --slurm",
    "bash scripts/test.sh -k consensus",
    "bash scripts/docs.sh",
}
NOT_OURS = {
    "source .venv/bin/activate",
    "python -m venv snakemake",
    "pip install .",
    "pip install rdata",
    "pip install 'resist_epi[anndata]'",
    "pip install 'resist_epi[excel]'",
    "pip install 'resist_epi[remote]'",
    "apt-get download",
}
# Hours, gigabytes, R or other people's data: their arguments are parsed, and no more is done.
HEAVY = ("validation/", "benchmarks/")
SOURCES = "data_sources/"  # fetch Debian packages: loaded, not run
# Needs a data set that does not come with the package.
REAL = "path/to/"
UNKNOWN = "in no group: add it to a table of this test"


def all_commands() -> list[Snippet]:
    found = [c for d in TEXTS for c in commands(d.read_text("utf-8"), name(d))]
    return [replace(c, text=re.sub(r"\s+#.*", "", c.text)) for c in found]


def group(command: str) -> str:
    """How a command is tested; `run`, where it is run."""
    program, first = command.split()[:2]
    ours = program == "resist-epi" or (program == "python" and first.startswith("scripts/"))
    kinds = {
        "tested": command in TESTED,
        "sets up": command in SETS_UP,
        "not ours": command in NOT_OURS,
        "heavy": program == "python" and first.startswith(HEAVY),
        "sources": program == "python" and first.startswith(SOURCES),
        "real": REAL in command or " rat.csv" in command,
        "help": program == "resist-epi" and (len(command.split()) == 2 or first == "VERB"),
        "run": ours,
    }
    return next((kind for kind, holds in kinds.items() if holds), UNKNOWN)


COMMANDS = all_commands()
STORIES = sorted({c.document for c in COMMANDS if group(c.text) == "run"})


def of_group(wanted: str) -> list[str]:
    return sorted({c.text for c in COMMANDS if group(c.text) == wanted})


TEXT = """`resist-epi check
sheet.csv` and `data/genes.tsv`, then

    python validation/a.py --seeds 1 \\
        --write
    no command

```bash
source .venv/bin/activate

other program
```
```
resist-epi in no block of bash
a table
```
"""


def test_commands_are_found_in_prose_and_blocks() -> None:
    assert [c.text for c in commands(TEXT)] == [
        "resist-epi check sheet.csv",
        "python validation/a.py --seeds 1 --write",
        "source .venv/bin/activate",
        "other program",
        "resist-epi in no block of bash",
    ]


def test_every_command_is_in_a_group() -> None:
    assert [c.text for c in COMMANDS if group(c.text) == UNKNOWN] == []
    assert group("python setup.py") == UNKNOWN
    assert len(COMMANDS) > 60
    for command in (*TESTED, *SETS_UP, *NOT_OURS):
        assert command in {c.text for c in COMMANDS}, "in no text any more: strike it"


def make_files(folder: Path) -> None:
    """A cohort and what else the texts take for granted."""
    cohort = make_cohort(folder)
    genes = pd.read_csv(cohort.genes, sep="\t").assign(biotype="protein_coding")
    genes.to_csv(cohort.genes, sep="\t", index=False)
    sheet = pd.read_csv(cohort.sheet)
    sheet["Batch"] = ["one", "two"] * (len(sheet) // 2)
    sheet.to_csv(folder / "sheet.csv", index=False)
    one = sheet[sheet["Factor"] == "H3K27me3"].drop(columns="Batch").reset_index(drop=True)
    _write(folder / "inputs.csv", one, ControlCoverage="T0_H3K36me3.bw")
    clones = list("ABCD") * 2
    _write(
        folder / "lines.csv",
        one,
        Condition=["parental"] * 4 + ["resistant"] * 4,
        Clone=clones,
        Patient=[f"{c}-{s}" for s in "pr" for c in "ABCD"],
    )
    times = ["before"] * 4 + ["after"] * 4
    _write(folder / "biopsies.csv", one, Condition=times, Timepoint=times, Patient=clones)
    _write(folder / "cultures.csv", one, Condition="treated", LogDose=[0, 1, 2, 3] * 2)
    _write(folder / "factorial.csv", one, Treatment=["ai", "untreated"] * 4)
    _write(folder / "three.csv", one, Condition=["good"] * 3 + ["late"] * 2 + ["poor"] * 3)
    _write(
        folder / "tumours.csv",
        one,
        Condition="tumour",
        TimeToProgression=[60, 48, 36, 40, 9, 12, 5, 20],
        Progressed=[0, 1, 0, 1, 1, 1, 1, 1],
        Batch=["one", "two"] * 4,
    )
    for condition in ("good", "poor"):
        (folder / condition).mkdir()
        for path in one.loc[one["Condition"] == condition, "Peaks"]:
            shutil.copy(folder / path, folder / condition)
            shutil.copy(folder / path, (folder / path).with_suffix(".broadPeak"))
    for i, path in enumerate(one["Peaks"][:2]):
        shutil.copy(folder / path, folder / f"H{(1, 9)[i]}_peaks.bed")
        subprocess.run(["gzip", folder / f"H{(1, 9)[i]}_peaks.bed"], check=True)
    (folder / "demo").mkdir()
    (folder / "demo" / "cohort").symlink_to("..")
    (folder / "reactome.gmt").write_bytes((folder / "sets.gmt").read_bytes())
    subprocess.run(["gzip", folder / "reactome.gmt"], check=True)
    _write(folder / "peaks.csv", one.drop(columns="Coverage"))
    _write_reads(folder, one)
    _write_expression(folder)
    _write_outside_cohort(folder)
    _write_old_assembly(folder, one)


def _write_reads(folder: Path, sheet: pd.DataFrame) -> None:
    """Sheet of small BAM files in place of the tracks: more reads where a track is higher."""
    rng = np.random.default_rng(3)
    names = [f"{sample}.bam" for sample in sheet["SampleID"]]
    for path, bam in zip(sheet["Coverage"], names, strict=True):
        with pyBigWig.open(str(folder / path)) as track:
            lengths = dict(track.chroms())
            header = pysam.AlignmentHeader.from_references(list(lengths), list(lengths.values()))
            with pysam.AlignmentFile(str(folder / bam), "wb", header=header) as out:
                for number, (chrom, length) in enumerate(lengths.items()):
                    weight = np.nan_to_num(track.values(chrom, 0, length - 50, numpy=True))
                    starts = rng.choice(length - 50, 4000, p=weight / weight.sum())
                    for start in np.sort(starts).tolist():
                        read = pysam.AlignedSegment(header)
                        read.query_name, read.cigarstring, read.flag = f"r{start}", "36M", 0
                        read.reference_id, read.reference_start = number, start
                        read.mapping_quality = 40
                        out.write(read)
    _write(folder / "reads.csv", sheet.drop(columns=["Coverage", "Peaks"]), bamReads=names)


def _write_old_assembly(folder: Path, sheet: pd.DataFrame) -> None:
    """Sheet of bedGraphs that say they are of hg18, a chain to hg38, and sites."""
    for path in sheet["Coverage"]:
        with pyBigWig.open(str(folder / path)) as track:
            lines = [
                f"{chrom}\t{start}\t{end}\t{value:.6g}\n"
                for chrom in track.chroms()
                for start, end, value in track.intervals(chrom)
            ]
        (folder / path).with_suffix(".bedGraph").write_text("".join(lines))
    tracks = sheet["Coverage"].str.replace(".bw", ".bedGraph", regex=False)
    _write(folder / "ai.csv", sheet, Factor="ER", Assembly="hg18", Coverage=tracks)
    text = ""
    for number, chrom in enumerate(("chr1", "chr2")):
        old, new = (load_genome(name).lengths[chrom] for name in ("hg18", "hg38"))
        text += f"chain 1 {chrom} {old} + 0 600000 {chrom} {new} + 0 600000 {number}\n600000\n\n"
    (folder / "hg18ToHg38.over.chain.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "foxa1.bed").write_text("chr1\t0\t300000\n")


def _write(path: Path, sheet: pd.DataFrame, **columns: Any) -> None:
    sheet.assign(**columns).to_csv(path, index=False)


def _write_expression(folder: Path) -> None:
    genes = pd.read_csv(folder / "genes.tsv", sep="\t")["gene_name"]
    rng = np.random.default_rng(1)
    change, p = rng.normal(size=len(genes)), rng.uniform(size=len(genes))
    table = pd.DataFrame({"gene": genes, "log2FoldChange": change, "pvalue": p, "padj": p})
    table.to_csv(folder / "expression.tsv", sep="\t", index=False)


def _write_outside_cohort(folder: Path) -> None:
    genes = pd.read_csv(folder / "genes.tsv", sep="\t")["gene_name"]
    rng = np.random.default_rng(2)
    patients = [f"X{i}" for i in range(40)]
    levels = pd.DataFrame(rng.normal(size=(len(genes), 40)), columns=patients)
    levels.insert(0, "gene", genes)
    levels.to_csv(folder / "cohort.tsv", sep="\t", index=False)
    times = {"time": rng.exponential(20, size=40) + 1, "event": rng.integers(0, 2, size=40)}
    pd.DataFrame({"patient": patients, **times}).to_csv(folder / "clinical.csv", index=False)


def run_script(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a script of the repository here; its exit code."""
    monkeypatch.setattr(sys, "argv", words)
    try:
        runpy.run_path(str(TOP / words[0]), run_name="__main__")
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def small(command: str) -> str:
    """The command for the small cohort."""
    for pattern, other, _ in INSTEAD:
        command = re.sub(pattern, other, command)
    return command


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command in this process, in this folder; its exit code."""
    words = [
        path
        for word in shlex.split(command)
        for path in ((sorted(glob.glob(word)) or [word]) if "*" in word else [word])
    ]
    plt.close("all")
    if words[0] == "resist-epi":
        return main(words[1:])
    return run_script(words[1:], monkeypatch)


# Their own code makes the files that their commands read.
MAKES_ITS_FILES = {"docs/examples/pairs.md"}

# What a story takes from another one before it begins.
COUNT = "resist-epi count sheet.csv --mark {} --regions promoters -o counts.parquet"
BEFORE = {
    "docs/guide/mechanisms.md": [
        COUNT.format("H3K36me3"),
        "resist-epi diff counts.parquet -o results.tsv.gz",
    ],
}


@pytest.fixture(scope="module")
def story_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What commands read, of which every story gets a copy."""
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("document", STORIES)
def test_commands_of_a_document_run(
    document: str,
    story_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(story_files, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    story = [c.text for c in COMMANDS if c.document == document and group(c.text) == "run"]
    if document in MAKES_ITS_FILES:
        doctest.testfile(str(TOP / document), module_relative=False)
    failed = {}
    for command in map(small, dict.fromkeys([*BEFORE.get(document, []), *story])):
        if run(command, monkeypatch) != 0:
            failed[command] = capsys.readouterr().err
        elif (output := re.search(r" -o (\S+)", command)) and not Path(output[1]).exists():
            failed[command] = f"wrote no {output[1]}"
    assert failed == {}


@pytest.mark.slow
@pytest.mark.real
def test_commands_on_real_files_run(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "to").symlink_to(real_data)
    for command in dict.fromkeys(c.text for c in COMMANDS if group(c.text) == "real"):
        assert run(command, monkeypatch) == 0, command


class ParsedError(Exception):
    """Instead of the work of a script."""


@pytest.mark.parametrize("command", of_group("heavy"))
def test_arguments_of_a_heavy_script_are_parsed(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = argparse.ArgumentParser.parse_args

    def stop(self: argparse.ArgumentParser, *given: Any) -> None:
        parse(self, *given)
        raise ParsedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParsedError):
        run_script(shlex.split(re.sub(r"[\[\]]", "", command))[1:], monkeypatch)


@pytest.mark.parametrize("command", of_group("sources"))
def test_scripts_of_data_sources_load(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = command.split()
    assert len(words) == 2, "its arguments are not tested"
    assert "main" in runpy.run_path(str(TOP / words[1]), run_name="loaded")


def test_scripts_that_set_up_can_be_read() -> None:
    for command in SETS_UP:
        words = command.split()
        subprocess.run(["bash", "-n", TOP / words[1]], check=True)
        own = (TOP / words[1]).read_text("utf-8")
        assert all(word in own for word in words[2:] if word.startswith("--"))
    for path in TESTED.values():
        assert (TOP / path).is_file()


def verbs() -> dict[str, Any]:
    """Verbs of the command line, as click has them."""
    return dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", of_group("help"))
def test_verbs_that_are_named_are_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb = command.split()[1]
    for each in verbs() if verb == "VERB" else [verb]:
        assert main([each, "--help"]) == 0
        assert each in capsys.readouterr().out


OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Options of other programs.
FOREIGN = {
    "--all": "scripts/test.sh",
    "--slurm": "scripts/test.sh",
    "--workflow-profile": "snakemake",
    "--me": "squeue",
    "--hypothesis-profile": "pytest",
    "--distance": "megadepth",
}


def known_options() -> set[str]:
    """Of all verbs and scripts."""
    known = set(FOREIGN)
    groups = [v.commands.values() for v in verbs().values() if hasattr(v, "commands")]
    for verb in (typer.main.get_command(app), *verbs().values(), *chain(*groups)):
        known |= {"--help"}.union(*([*p.opts, *p.secondary_opts] for p in verb.params))
    for folder in ("scripts", "validation", "benchmarks"):
        for path in (TOP / folder).glob("*.py"):
            known |= set(_argparse_options(ast.parse(path.read_text("utf-8"))))
    return known


def _argparse_options(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))


def test_every_option_that_is_named_exists() -> None:
    known = known_options()
    assert {"--genome", "--drop-duplicates", "--peers"} <= known
    assert "--none" not in known
    named = {
        (option, name(d))
        for d in TEXTS
        for snippet in (*spans(d.read_text("utf-8")), *blocks(d.read_text("utf-8")))
        for option in OPTION.findall(snippet.text)
    }
    assert len(named) > 50
    assert sorted(n for n in named if n[0] not in known) == []


def test_every_verb_is_named() -> None:
    text = "\n".join(d.read_text("utf-8") for d in GUIDES)
    assert [v for v in verbs() if not re.search(rf"resist-epi\s+{v}\b", text)] == []
