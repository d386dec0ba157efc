"""The public tables from which data/ is built: fetched from Debian, read, and written back.

Shared by the `build_*.py` scripts. Needs `apt-get` and `dpkg` (Debian or Ubuntu) and `rdata`.
"""

from __future__ import annotations

import gzip
import sqlite3
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"
ORG_HS = "r-bioc-org.hs.eg.db"
BIOVIZBASE = "r-bioc-biovizbase"
MAIN_CHROMS = [f"chr{c}" for c in [*range(1, 23), "X", "Y", "M"]]

# NCBI's gene types in the words of GENCODE, which every other annotation uses.
BIOTYPES = {
    "protein-coding": "protein_coding",
    "pseudo": "pseudogene",
    "biological-region": "biological_region",
}
# Approved by HGNC after the data base was made (September 2022): old symbol -> current one.
RENAMED_SINCE = {"SLC9A3R1": "NHERF1"}


@contextmanager
def unpacked(package: str) -> Iterator[tuple[Path, str]]:
    """Folder with the files of a Debian package, gone afterwards, and its version.

    The first argument of the script may name a folder in which the `.deb` files lie already.
    """
    with tempfile.TemporaryDirectory() as folder:
        archives = sorted(Path(sys.argv[1]).glob(f"{package}_*.deb")) if len(sys.argv) > 1 else []
        if not archives:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
            archives = list(Path(folder).glob("*.deb"))
        archive = archives[-1]
        subprocess.run(["dpkg", "-x", str(archive), f"{folder}/files"], check=True)
        yield Path(folder) / "files", archive.name.split("_")[1]


class OrgHs:
    """The tables of org.Hs.eg.db that are used here, as DataFrames."""

    def __init__(self, folder: Path, version: str) -> None:
        path = next(folder.rglob("org.Hs.eg.sqlite"))
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        stamp = dict(self._database.execute("select name, value from metadata").fetchall())
        self.genes_source = (
            f"NCBI Gene {stamp['EGSOURCEDATE']}, Ensembl {stamp['ENSOURCEDATE']},"
            f" in Debian {ORG_HS} {version} (Bioconductor org.Hs.eg.db, Artistic-2.0)"
        )
        self.places_source = (
            f"{stamp['GPSOURCENAME']} {stamp['GPSOURCEDATE']}, RefSeq transcripts;"
            f" {self.genes_source}"
        )

    def _query(self, sql: str) -> pd.DataFrame:
        return pd.read_sql(sql, self._database)

    def genes(self) -> pd.DataFrame:
        """`entrez_id symbol name biotype`, one row a gene."""
        table = self._query(
            "select g.gene_id entrez_id, i.symbol, i.gene_name name, t.gene_type biotype"
            " from genes g join gene_info i using (_id) left join genetype t using (_id)"
        )
        table["symbol"] = table["symbol"].replace(RENAMED_SINCE)
        table["biotype"] = table["biotype"].fillna("unknown").replace(BIOTYPES)
        return table.sort_values("entrez_id", key=lambda ids: ids.astype(int), ignore_index=True)

    def aliases(self) -> pd.DataFrame:
        """`entrez_id alias`."""
        return self._query(
            "select distinct g.gene_id entrez_id, a.alias_symbol alias"
            " from alias a join genes g using (_id)"
        )

    def processes(self) -> pd.DataFrame:
        """`entrez_id go_id evidence`: biological processes that a gene is itself annotated with."""
        return self._query(
            "select distinct g.gene_id entrez_id, p.go_id, p.evidence"
            " from go_bp p join genes g using (_id)"
        )

    def transcripts(self) -> pd.DataFrame:
        """`entrez_id chrom start end strand` (0-based half-open) on the main chromosomes."""
        table = self._query(
            "select g.gene_id entrez_id, 'chr' || seqname chrom,"
            " abs(start_location) start, abs(end_location) end,"
            " case when start_location < 0 then '-' else '+' end strand"
            " from chromosome_locations join genes g using (_id)"
        )
        return table[table["chrom"].isin(MAIN_CHROMS)].reset_index(drop=True)

    def arms(self) -> pd.Series:
        """`p` or `q` by Entrez id, where the cytogenetic map has one arm only."""
        table = self._query(
            "select g.gene_id entrez_id, c.cytogenetic_location band"
            " from cytogenetic_locations c join genes g using (_id)"
        )
        table["arm"] = table["band"].str.extract(r"^[0-9XY]+([pq])", expand=False)
        table = table.dropna().drop_duplicates(["entrez_id", "arm"])
        return table[~table["entrez_id"].duplicated(keep=False)].set_index("entrez_id")["arm"]

    def ensembl(self) -> pd.Series:
        """One Ensembl id by Entrez id, no id twice.

        NCBI and Ensembl map to one another; what both agree on comes first, then the lowest id,
        as those of alternative haplotypes are higher.
        """
        pairs = self._query(
            "select distinct g.gene_id entrez_id, ensembl_id from ensembl join genes g using (_id)"
        )
        for side in ("ensembl2ncbi", "ncbi2ensembl"):
            theirs = self._query(
                f"select distinct g.gene_id entrez_id, ensembl_id, 1 {side}"
                f" from {side} join genes g using (_id)"
            )
            pairs = pairs.merge(theirs, how="left")
        pairs["agreed"] = pairs[["ensembl2ncbi", "ncbi2ensembl"]].notna().sum(axis=1)
        pairs["number"] = pairs["entrez_id"].astype(int)
        pairs = pairs.sort_values(["agreed", "ensembl_id", "number"], ascending=[False, True, True])
        chosen = pairs.drop_duplicates("entrez_id").drop_duplicates("ensembl_id")
        return chosen.set_index("entrez_id")["ensembl_id"]


def genesymbol_hg19(folder: Path) -> pd.DataFrame:
    """`chrom start end strand symbol ensembl_id` of biovizBase's genesymbol, 1-based closed."""
    ranges = _lazy_load(next(folder.rglob("data/Rdata.rdx")), "genesymbol")
    columns = {str(k): v for k, v in ranges.elementMetadata.listData.items()}
    start = np.asarray(ranges.ranges.start)
    return pd.DataFrame(
        {
            "chrom": np.repeat(np.asarray(ranges.seqnames.values), ranges.seqnames.lengths),
            "start": start,
            "end": start + np.asarray(ranges.ranges.width) - 1,
            "strand": np.repeat(np.asarray(ranges.strand.values), ranges.strand.lengths),
            "symbol": columns["symbol"],
            "ensembl_id": columns["ensembl_id"],
        }
    )


def _lazy_load(index: Path, name: str) -> Any:
    """One object of an R package's lazy-load data base: an index of offsets into zlib chunks."""
    import rdata

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="rdata")
        places = rdata.conversion.convert(rdata.parser.parse_data(index.read_bytes()))
        offset, length = map(int, places["variables"][name])
        chunk = index.with_suffix(".rdb").read_bytes()[offset : offset + length]
        raw = zlib.decompress(chunk[4:])
        if len(raw) != struct.unpack(">I", chunk[:4])[0]:
            raise ValueError(f"{index}: {name} is damaged")
        return rdata.conversion.convert(rdata.parser.parse_data(raw))


def write_table(table: pd.DataFrame, path: Path, header: Iterable[str]) -> None:
    """Write a TSV below `#` lines; rebuilding gives the same bytes, gzipped or not."""
    text = "".join(f"# {line}\n" for line in header)
    text += table.to_csv(sep="\t", index=False, lineterminator="\n")
    payload = text.encode()
    if path.suffix == ".gz":
        payload = gzip.compress(payload, compresslevel=9, mtime=0)
    path.write_bytes(payload)
    print(f"{path.name}: {len(table)} rows, {len(payload)} bytes")
