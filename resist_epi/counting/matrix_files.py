"""Count matrices as Parquet or TSV."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError, QuantityError, quoted, shortened
from resist_epi.genome.regions import make_regions
from resist_epi.io.store import atomic_path, parse_json, read_bytes
from resist_epi.io.tables import read_table, write_table
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)

_META_KEY = b"resist_epi"

_PARQUET_MAGIC = b"PAR1"

_OPTIONAL = ("strand", "region_id", "gene_id", "symbol", "kind")


def write_counts(path: str | Path, matrix: CountMatrix) -> None:
    """Write a matrix: Parquet, or TSV where the name ends in `.tsv` or `.tsv.gz`.

    One row a region: its columns, then a column a sample; the rest stands in the file's metadata
    (Parquet) or its `#` lines (TSV).

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    check_counts_path(path)
    described = _describe(matrix)
    if not str(path).endswith(".parquet"):
        write_table(path, matrix.to_frame(), header={"counts": described})
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(matrix.to_frame(), preserve_index=False)
    described = json.loads(json.dumps(described))
    described["digest"] = _digest(table, described)
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), _META_KEY: json.dumps(described).encode()}
    )
    # An open file, as pyarrow takes a name with a colon for an address, and one with = for columns.
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        pq.write_table(table, stream, compression="zstd")


def check_counts_path(path: str | Path) -> None:
    """Refuse a name whose ending says no format of counts, before anything is counted.

    Raises
    ------
    InputFormatError
        If it ends neither in `.parquet` nor in `.tsv` or `.tsv.gz`.
    """
    if not str(path).endswith((".parquet", ".tsv", ".tsv.gz")):
        raise InputFormatError(
            "the name's ending says no format of counts",
            path=path,
            expected=".parquet, .tsv or .tsv.gz",
        )


def _describe(matrix: CountMatrix) -> dict[str, Any]:
    factors = matrix.size_factors
    return {
        "quantity": matrix.quantity,
        "samples": list(matrix.samples),
        "library_sizes": [float(x) for x in matrix.library_sizes],
        "size_factors": None if factors is None else [float(x) for x in factors],
        "metadata": dict(matrix.metadata),
    }


def read_counts(
    path: str | Path, *, sheet: SampleSheet | None = None, quantity: str | None = None
) -> CountMatrix:
    """Read a matrix that `write_counts` wrote, or any TSV `chrom start end sample …`.

    Parameters
    ----------
    sheet
        For a foreign TSV: its rows name the sample columns, and its `LibrarySize`, where given,
        wins over column sums. Further columns are ignored, and the log lists them.
    quantity
        For a foreign TSV: what the values are. A TSV of whole numbers is `reads`.

    Raises
    ------
    InputFormatError
        If it is no such table.
    QuantityError
        If the values are not whole numbers and no quantity is given.
    """
    path = Path(path)
    if read_bytes(path)[:4] == _PARQUET_MAGIC:
        matrix = _read_parquet(path)
        if quantity not in (None, matrix.quantity):
            raise QuantityError(f"{path} holds {matrix.quantity}, not {quantity}")
        return matrix
    table = read_table(path, required=("chrom", "start", "end"))
    described = table.attrs["header"].get("counts")
    if isinstance(described, dict):
        try:
            return _rebuild(table, described)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise InputFormatError(
                f"damaged table of counts ({shortened(error)})", path=path
            ) from error
    return _read_foreign(path, table, sheet, quantity)


def _read_parquet(path: Path) -> CountMatrix:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open(path, "rb") as stream:
            table = pq.read_table(stream)
        stored = (table.schema.metadata or {}).get(_META_KEY)
        matrix, same = None, True
        if stored is not None:
            described = dict(parse_json(stored))
            digest = described.pop("digest", None)
            same = digest is None or digest == _digest(table, described)
            # The columns' own types are enough; what is written for pandas may be damaged.
            matrix = _rebuild(table.replace_schema_metadata(None).to_pandas(), described)
    except (*_DAMAGED, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    if matrix is None:
        raise InputFormatError(
            "a Parquet file, but not one of counts",
            path=path,
            expected="a file that `resist-epi count` wrote",
        )
    if not same:
        raise _damaged(path, "its content is not what was written")
    return matrix


# What damaged bytes end in, in pyarrow and behind it.
_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError)


def _damaged(path: Path, why: object) -> InputFormatError:
    reason = (str(why).strip() or type(why).__name__).splitlines()[0][:200]
    return InputFormatError(
        f"damaged Parquet file ({reason})", path=path, remedy="copy or make it again"
    )


def _digest(table: Any, described: Mapping[str, Any]) -> str:
    """SHA-256 of the names, types and values of all columns, and of what describes them."""
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_pandas().to_numpy()
        if values.dtype.kind not in "iufb":
            text = "\x1f".join(map(str, values.tolist()))
            values, kind = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8), "text"
        else:
            kind = values.dtype.str
        digest.update(f"{name} {kind} {values.size}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _rebuild(frame: pd.DataFrame, described: Mapping[str, Any]) -> CountMatrix:
    samples = list(described["samples"])
    factors = described["size_factors"]
    return CountMatrix(
        values=frame[samples].to_numpy(np.float64),
        regions=frame.drop(columns=samples),
        samples=tuple(samples),
        quantity=described["quantity"],
        library_sizes=np.array(described["library_sizes"], dtype=np.float64),
        size_factors=None if factors is None else np.array(factors, dtype=np.float64),
        metadata=described["metadata"],
    )


def _read_foreign(
    path: Path, table: pd.DataFrame, sheet: SampleSheet | None, quantity: str | None
) -> CountMatrix:
    if sheet is None:
        raise InputFormatError(
            "a table of counts needs its sample sheet", path=path, remedy="give it with --samples"
        )
    samples = [s for s in sheet.samples if s in table]
    missing = [s for s in sheet.samples if s not in table]
    if missing:
        raise InputFormatError(
            f"no column for sample {', '.join(missing)}, which the sheet has",
            path=path,
            found=" ".join(map(str, table.columns)),
            remedy="name the columns exactly as their SampleID",
        )
    values = _numbers(path, table, samples)
    if quantity is None:
        if not (np.floor(values) == values).all():
            raise QuantityError(
                f"{path}: the values are not whole numbers, so they are not reads; say what they"
                " are with --quantity (mean_signal, coverage_sum or recovered_reads)"
            )
        quantity = "reads"
    known = {"chrom", "start", "end", *_OPTIONAL, *samples}
    ignored = [c for c in table.columns if c not in known]
    if ignored:
        logger.info("%s: columns not in the sheet are ignored: %s", path, ", ".join(ignored))
    if quantity == "reads" and not (np.floor(values) == values).all():
        raise QuantityError(f"{path}: the values are not whole numbers, so they are not reads")
    regions = _foreign_regions(path, table)
    order = regions.pop("row").to_numpy(np.int64)
    sizes = values.sum(axis=0)
    source = ["column_sum"] * len(samples)
    given = sheet.for_samples(samples).numbers("LibrarySize")
    if given is not None:
        source = ["column_sum" if np.isnan(g) else "sheet" for g in given]
        sizes = np.where(np.isnan(given), sizes, given)
    return CountMatrix(
        values=values[order],
        regions=regions,
        samples=tuple(samples),
        quantity=quantity,
        library_sizes=sizes,
        metadata={"library_size_from": source},
    )


def _numbers(path: Path, table: pd.DataFrame, samples: Sequence[str]) -> np.ndarray:
    first = table.attrs["first_row"]
    for name in samples:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.isna().any():
            row = int(np.flatnonzero(numbers.isna())[0])
            raise InputFormatError(
                f"column {name}",
                path=path,
                line=first + row,
                expected="a number",
                found=quoted(table[name].iloc[row]),
            )
    return table[list(samples)].to_numpy(np.float64)


def _foreign_regions(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Checked regions in genome order, with the row of the table that each comes from."""
    own = [c for c in ("chrom", "start", "end", *_OPTIONAL) if c in table]
    try:
        regions = make_regions(table[own].assign(row=np.arange(len(table))), kind="peaks")
    except InputFormatError as error:
        raise InputFormatError(error.problem, path=path, remedy=error.remedy) from error
    return regions
