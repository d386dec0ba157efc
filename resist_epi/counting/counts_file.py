"""The Parquet file of a count matrix, a few columns or rows at a time: it may be large.

A column a sample after those of the regions; the schema's metadata hold what describes the matrix,
and a digest of all columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import atomic_path, parse_json

T = TypeVar("T")

_META_KEY = b"resist_epi"

# Columns that are read or hashed together: the values of a row lie side by side in memory.
_TOGETHER = 16

_ROWS = 1 << 16  # of a part of a file of float32, which is read part by part

# What damaged bytes end in, in pyarrow and behind it.
_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError)


def write_parquet(path: str | Path, matrix: CountMatrix, described: Mapping[str, Any]) -> None:
    """Write a matrix without a second copy of its values; float32 in parts of 65,536 rows.

    Parameters
    ----------
    described
        What the file says of the matrix, plain JSON values.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    values, samples = matrix.values, list(matrix.samples)
    own = matrix.regions.reset_index(drop=True)
    own.attrs = {}  # such as the header of the table that they came from
    regions = pa.Table.from_pandas(own, preserve_index=False)
    said = json.loads(json.dumps(described))
    digest = _Digest(said)
    for name, column in zip(regions.column_names, regions.columns, strict=True):
        digest.add(name, _as_array(column))
    for first in range(0, len(samples), _TOGETHER):
        block = np.ascontiguousarray(values[:, first : first + _TOGETHER].T)
        for name, one in zip(samples[first : first + _TOGETHER], block, strict=True):
            digest.add(name, one)
    said["digest"] = digest.hex
    metadata = _pandas_metadata(own, matrix) | {_META_KEY: json.dumps(said).encode()}
    kind = pa.from_numpy_dtype(values.dtype)
    fields = [*regions.schema, *(pa.field(name, kind) for name in samples)]
    schema = pa.schema(fields, metadata=metadata)
    parts = _ROWS if values.dtype == np.float32 else max(len(values), 1)
    # An open file, as pyarrow takes a name with a colon for an address, and one with = for columns.
    with (
        atomic_path(path) as temporary,
        open(temporary, "wb") as stream,
        pq.ParquetWriter(stream, schema, compression="zstd") as writer,
    ):
        for first in range(0, max(len(values), 1), parts):
            block = np.ascontiguousarray(values[first : first + parts].T)
            columns = [*regions.slice(first, parts).columns, *map(pa.array, block)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _pandas_metadata(regions: pd.DataFrame, matrix: CountMatrix) -> dict[bytes, bytes]:
    """What pandas reads of its types, for all columns: those of the samples are alike."""
    import pyarrow as pa

    samples = list(matrix.samples)
    one = np.zeros(len(regions), dtype=matrix.values.dtype)
    frame = pd.concat([regions, pd.Series(one, name=samples[0])], axis=1) if samples else regions
    found: dict[bytes, bytes] = pa.Table.from_pandas(frame, preserve_index=False).schema.metadata
    said = json.loads(found[b"pandas"])
    if samples:
        last = said["columns"].pop()
        said["columns"] += [last | {"name": name, "field_name": name} for name in samples]
    return {**found, b"pandas": json.dumps(said).encode()}


class CountsFile:
    """A file that `write_parquet` wrote, open for reading.

    Attributes
    ----------
    described
        What it says of its matrix, as it stands there, without the digest.

    Raises
    ------
    InputFormatError
        If it is no such file or damaged; also whenever something is read of it.
    """

    def __init__(self, path: str | Path) -> None:
        import pyarrow.parquet as pq

        self.path = Path(path)
        self._stream = open(path, "rb")  # noqa: SIM115  # closed with this file
        try:
            self._file = self._read(lambda: pq.ParquetFile(self._stream))
            stored = (self._read(lambda: self._file.schema_arrow).metadata or {}).get(_META_KEY)
            if stored is None:
                raise InputFormatError(
                    "a Parquet file, but not one of counts",
                    path=path,
                    expected="a file that `resist-epi count` wrote",
                )
            self.described = self._read(lambda: parse_json(stored))
            found = self.described
            self._digest = found.pop("digest", None) if isinstance(found, dict) else None
            about = self._read(lambda: self._file.metadata)
            sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
            self._begins = np.cumsum([0, *sizes])
            self._kept: dict[int, AnyFloat] = {}
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> CountsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def table(self, *, without: Sequence[str] = ()) -> pd.DataFrame:
        """All columns but some, as a table; the digest is checked where none is left out."""

        def read() -> pd.DataFrame:
            kept = None
            if without:
                left_out = set(without)
                kept = [c for c in self._file.schema_arrow.names if c not in left_out]
            table = self._file.read(columns=kept)
            if kept is not None:
                table = table.select(kept)
            else:
                digest = _Digest(self.described)
                for name, column in zip(table.column_names, table.columns, strict=True):
                    digest.add(name, _as_array(column))
                self._compare(digest)
            # The columns' own types are enough; what is written for pandas may be damaged.
            found: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()
            return found

        return self._read(read)

    def plain_values(self, samples: Sequence[str]) -> AnyFloat | None:
        """(n_regions, n_samples) values, read few columns at a time; None where they need a look.

        They are float32 where all columns are, else float64, and finite but for rows without any.
        Every column of the file is held against the digest.

        Parameters
        ----------
        samples
            Columns of the file, which may lack some.
        """
        schema = self._file.schema_arrow
        if not self._plain(samples):
            return None
        single = all(str(schema.field(s).type) == "float" for s in samples)
        n = self._file.metadata.num_rows
        values = np.empty((n, len(samples)), dtype=np.float32 if single else np.float64)
        place = {s: i for i, s in enumerate(samples)}
        fine = True
        for block in self._columns():
            own = {place[name]: one for name, one in block.items() if name in place}
            fine = fine and all(one.dtype.kind == "f" for one in own.values())
            if own and fine:
                values[:, list(own)] = np.stack(list(own.values()), axis=1)
        values.flags.writeable = False  # so that a matrix need not copy them
        return values if fine and _finite(values) else None

    def is_large(self, samples: Sequence[str], least: int) -> bool:
        """Whether the values of these columns are float32 and have so many bytes or more."""
        schema = self._file.schema_arrow
        size = 4 * self._file.metadata.num_rows * len(samples)
        fits = size >= least and self._plain(samples)
        return fits and all(str(schema.field(s).type) == "float" for s in samples)

    def rows(self, samples: Sequence[str], first: int, last: int) -> AnyFloat:
        """(last - first, n_samples) float32 values of some rows; best asked for in their order."""
        parts: list[AnyFloat] = []
        for group in range(self._file.num_row_groups):
            begin = int(self._begins[group])
            low, high = max(first - begin, 0), min(last, int(self._begins[group + 1])) - begin
            if low < high:
                parts.append(self._group(group, samples)[low:high])
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([np.zeros((0, len(samples)), dtype=np.float32), *parts])

    def _group(self, group: int, samples: Sequence[str]) -> AnyFloat:
        """The values of a part of the file; the last two parts are kept."""
        if group not in self._kept:
            table = self._read(lambda: self._file.read_row_group(group, columns=list(samples)))
            values = np.empty((table.num_rows, len(samples)), dtype=np.float32)
            for at in range(0, len(samples), _TOGETHER):
                own = samples[at : at + _TOGETHER]
                values[:, at : at + len(own)] = np.stack(
                    [table.column(name).to_numpy() for name in own], axis=1
                )
            while len(self._kept) > 1:
                del self._kept[next(iter(self._kept))]
            self._kept[group] = values
        return self._kept[group]

    def check(self) -> None:
        """Hold every column against the digest."""
        for _ in self._columns():
            pass

    def _columns(self) -> Iterator[dict[str, np.ndarray]]:
        """A few columns at a time; in the end they are held against the digest."""
        digest, names = _Digest(self.described), self._file.schema_arrow.names
        for first in range(0, len(names), _TOGETHER):
            block = names[first : first + _TOGETHER]
            found = self._read(partial(self._arrays, block))
            for name, array in found.items():
                digest.add(name, array)
            yield found
        self._compare(digest)

    def _arrays(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        table = self._file.read(columns=list(names))
        return {name: _as_array(table.column(name)) for name in names}

    def _plain(self, samples: Sequence[str]) -> bool:
        """Whether all samples have a column of their own, of float32 or float64."""
        schema = self._file.schema_arrow
        names = schema.names
        if len(set(names)) < len(names) or not set(samples) <= set(names) or not samples:
            return False
        return all(str(schema.field(s).type) in ("float", "double") for s in samples)

    def _compare(self, digest: _Digest) -> None:
        if self._digest is not None and digest.hex != self._digest:
            raise _damaged(self.path, "its content is not what was written")

    def _read(self, what: Callable[[], T]) -> T:
        import pyarrow as pa

        try:
            return what()
        except InputFormatError:
            raise
        except (*_DAMAGED, pa.ArrowException) as error:
            raise _damaged(self.path, error) from error


def _finite(values: AnyFloat) -> bool:
    """Whether all are finite numbers, but for rows of NaN alone."""
    if values.size and np.isfinite(values.sum(dtype=np.float64)):
        return True
    missing = np.isnan(values).all(axis=1)
    return bool(np.isfinite(values[~missing]).all())


def _damaged(path: Path, why: object) -> InputFormatError:
    return InputFormatError(
        f"damaged Parquet file ({shortened(why)})", path=path, remedy="copy or make it again"
    )


def _as_array(column: Any) -> np.ndarray:
    """A column as pandas would have it."""
    return np.asarray(column.to_pandas().to_numpy())


class _Digest:
    """SHA-256 of the names, types and values of all columns, and of what describes them."""

    def __init__(self, described: object) -> None:
        self._sum = hashlib.sha256(json.dumps(described, sort_keys=True).encode())

    def add(self, name: str, values: np.ndarray) -> None:
        """The next column."""
        if values.dtype.kind not in "iufb":
            text = "\x1f".join(map(str, values.tolist()))
            values, kind = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8), "text"
        else:
            kind = values.dtype.str
        self._sum.update(f"{name} {kind} {values.size}\n".encode())
        self._sum.update(np.ascontiguousarray(values).data)

    @property
    def hex(self) -> str:
        """Of what was added so far."""
        return self._sum.hexdigest()
