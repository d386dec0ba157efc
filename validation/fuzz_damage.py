"""Ways to damage a file: what editors, downloads, spreadsheets, scripts and bad luck do to it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from raw_bam import packed, records

Rng = np.random.Generator

NUMBERS = (
    *("1_000", "1e3", "1e400", "-1", "-1e9", "1.5", "2.0", "0x1F", "1e+05", "nan", "inf", "-inf"),
    *("9" * 25, "-" + "9" * 25, "4294967296", "9223372036854775808", "2147483648", "", " ", "NA"),
    *(
        "1,5",
        "1 000",
        "\u0661\u0662",
        "\uff11\uff12",
        "\u00b2",
        "+5",
        "1.",
        ".5",
        "--3",
        "#N/A",
        "TRUE",
    ),
    *("1e-400", "0", "00012", "1d3", "1E3", "None", "null", "<b>", "=1+1", "1;2", "0b1", "1/2"),
)

NAMES = (
    *(
        "",
        " ",
        ".",
        "NA",
        "a b",
        '"',
        "'",
        '"x',
        "x\u0000",
        "\ufeff",
        "\u2028",
        "\u0085",
        "../x",
        "-",
        "*",
    ),
    *(
        "#x",
        "x" * 5000,
        "\ud7ff",
        "$x^{$",
        "{{7*7}}",
        "%s",
        "\\",
        "nan",
        "1",
        "True",
        "\x0b",
        "\x1c",
        "chr1",
    ),
)


def text_damage(rng: Rng, content: bytes) -> bytes:
    """One to three damages of a text file."""
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        kinds = BYTES if rng.random() < 0.35 else LINES
        content = kinds[int(rng.integers(len(kinds)))](rng, content)
    return content


# -- bytes ----------------------------------------------------------------------------------------


def flip(rng: Rng, content: bytes) -> bytes:
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        if data:
            data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    return bytes(data)


def cut(rng: Rng, content: bytes) -> bytes:
    return content[: int(rng.integers(len(content) + 1))]


def cut_out(rng: Rng, content: bytes) -> bytes:
    at = int(rng.integers(len(content) + 1))
    return content[:at] + content[at + int(rng.integers(1, 40)) :]


def insert(rng: Rng, content: bytes) -> bytes:
    odd = [b"\0", b"\xff", b"\xe9", b"\xef\xbb\xbf", b"\r", b'"', b"'", b"\t", b",", b"\n", b"\x1a"]
    at = int(rng.integers(len(content) + 1))
    return content[:at] + odd[int(rng.integers(len(odd)))] + content[at:]


def ends(rng: Rng, content: bytes) -> bytes:
    """Line ends, the byte-order mark, other encodings; no end, or too many."""
    ways: list[Callable[[], bytes]] = [
        lambda: content.replace(b"\n", b"\r\n"),
        lambda: content.replace(b"\n", b"\r"),
        lambda: b"\xef\xbb\xbf" + content,
        lambda: content.decode("latin-1").encode("utf-16"),
        lambda: content.rstrip(b"\n"),
        lambda: content + b"\n\n \n",
        lambda: b"\n\n" + content,
        lambda: content.replace(b"\n", b"\n\n"),
        lambda: b"",
        lambda: b"\n",
        lambda: content.split(b"\n")[0],
        lambda: content.split(b"\n")[0] + b"\n",
        lambda: b"\x1f\x8b" + content,
        lambda: b"PK\x03\x04" + content,
        lambda: rng.bytes(200),
        lambda: content * 2,
    ]
    return ways[int(rng.integers(len(ways)))]()


BYTES = (flip, cut, cut_out, insert, ends)

# -- lines and cells ------------------------------------------------------------------------------


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").split("\n")


def _joined(lines: list[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _separator(line: str) -> str:
    return max("\t,; ", key=line.count) if any(s in line for s in "\t,; ") else "\t"


def move_lines(rng: Rng, content: bytes) -> bytes:
    """A line twice, gone, joined with the next, split, swapped or blank."""
    lines = _lines(content)
    i, j = (int(x) for x in rng.integers(len(lines), size=2))
    half = len(lines[i]) // 2
    ways: list[list[str]] = [
        [*lines[:i], lines[i], *lines[i:]],
        lines[:i] + lines[i + 1 :],
        [*lines[:i], "".join(lines[i : i + 2]), *lines[i + 2 :]],
        [*lines[:i], lines[i][:half], lines[i][half:], *lines[i + 1 :]],
        [lines[j] if k == i else lines[i] if k == j else line for k, line in enumerate(lines)],
        [*lines[:i], "", *lines[i:]],
        [*lines[:i], "#" + lines[i], *lines[i + 1 :]],
        [line for k, line in enumerate(lines) if k != i and not line.startswith("#")],
    ]
    return _joined(ways[int(rng.integers(len(ways)))])


def set_cell(rng: Rng, content: bytes) -> bytes:
    """A cell becomes another number or another name."""
    values = NUMBERS if rng.random() < 0.65 else NAMES
    value = values[int(rng.integers(len(values)))]
    return _with_cell(rng, content, lambda _: [value])


def move_cell(rng: Rng, content: bytes) -> bytes:
    """A cell twice, gone, quoted, padded or emptied."""
    way = int(rng.integers(6))
    changes: list[Callable[[str], list[str]]] = [
        lambda c: [c, c],
        lambda _: [],
        lambda c: [f'"{c}"'],
        lambda c: [f" {c} "],
        lambda c: [f'"{c}'],
        lambda c: [c + c],
    ]
    return _with_cell(rng, content, changes[way])


def _with_cell(rng: Rng, content: bytes, change: Callable[[str], list[str]]) -> bytes:
    lines = _lines(content)
    i = int(rng.integers(len(lines)))
    separator = _separator(lines[i])
    cells = lines[i].split(separator)
    j = int(rng.integers(len(cells)))
    cells[j : j + 1] = change(cells[j])
    lines[i] = separator.join(cells)
    return _joined(lines)


def set_column(rng: Rng, content: bytes) -> bytes:
    """A column gone, or the same value in all of it."""
    lines = _lines(content)
    separator = _separator(max(lines, key=len))
    j = int(rng.integers(max(line.count(separator) for line in lines) + 1))
    value = NUMBERS[int(rng.integers(len(NUMBERS)))]
    gone, head = rng.random() < 0.5, rng.random() < 0.5
    out = []
    for i, line in enumerate(lines):
        cells = line.split(separator)
        if len(cells) > j and (i or head):
            cells[j : j + 1] = [] if gone else [value]
        out.append(separator.join(cells))
    return _joined(out)


def other_separator(rng: Rng, content: bytes) -> bytes:
    lines = _lines(content)
    old, new = _separator(max(lines, key=len)), "\t,; |"[int(rng.integers(5))]
    only = int(rng.integers(len(lines))) if rng.random() < 0.4 else None
    return _joined([x.replace(old, new) if only in (None, i) else x for i, x in enumerate(lines)])


LINES = (move_lines, set_cell, set_cell, set_cell, move_cell, set_column, other_separator)

# -- files that are not text -----------------------------------------------------------------------


def bam_damage(rng: Rng, content: bytes) -> bytes:
    """Damage of the compressed file, or of what is in it, with right checksums."""
    if rng.random() < 0.4:
        return BYTES[int(rng.integers(4))](rng, content)
    inner = bytearray(records())
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(inner) if rng.random() < 0.6 else 80))
        if rng.random() < 0.5:
            inner[at] = int(rng.choice([0, 1, 127, 128, 255]))
        else:
            inner[at : at + 4] = int(rng.integers(-(2**31), 2**31)).to_bytes(
                4, "little", signed=True
            )
    if rng.random() < 0.3:
        inner = inner[: int(rng.integers(len(inner)))]
    return packed(bytes(inner))


def parquet_damage(rng: Rng, content: bytes) -> bytes:
    """Damage of the bytes; or another sound file, with other columns, types and metadata."""
    if rng.random() < 0.5:
        return BYTES[int(rng.integers(4))](rng, content)
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    metadata = dict(table.schema.metadata)
    i = int(rng.integers(table.num_columns))
    name, rows = table.column_names[i], table.num_rows
    odd = [
        pa.array([None] * rows, pa.float64()),
        pa.array(["x"] * rows),
        pa.array([float("nan")] * rows),
        pa.array([-1] * rows),
        pa.array([2**63 - 1] * rows),
        pa.array([[1]] * rows),
        pa.array([{"a": 1}] * rows),
        pa.array([b"\xff"] * rows),
        pa.array([True] * rows),
        pa.array([0] * rows, pa.timestamp("ns")),
    ]
    way = int(rng.integers(5))
    if way == 0:
        table = table.remove_column(i)
    elif way == 1:
        table = table.set_column(i, name, odd[int(rng.integers(len(odd)))])
    elif way == 2:
        table = table.append_column(name, table.column(i))
    elif way == 3:
        table = table.slice(0, int(rng.integers(rows)))
    else:
        key = list(metadata)[int(rng.integers(len(metadata)))]
        metadata[key] = text_damage(rng, metadata[key])
        if key == b"resist_epi" and rng.random() < 0.7:
            metadata[key] = json_damage(rng, dict(table.schema.metadata)[key])
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), out)
    return out.getvalue()


def json_damage(rng: Rng, content: bytes) -> bytes:
    """A value of a JSON object becomes another, or goes."""
    value = json.loads(content)
    if not isinstance(value, dict) or not value:
        return content
    key = list(value)[int(rng.integers(len(value)))]
    odd = [None, 1, -1.5, "x", [], [None], ["a"], {}, True, [1, 2], "9" * 400, [[[1]]], {"a": None}]
    if rng.random() < 0.2:
        del value[key]
    else:
        value[key] = odd[int(rng.integers(len(odd)))]
    return json.dumps(value).encode()


def folder_damage(rng: Rng, content: bytes) -> bytes:
    """One file of a folder damaged by its kind, gone, or empty."""
    files = json.loads(content)
    name = sorted(files)[int(rng.integers(len(files)))]
    data = files[name].encode("latin-1")
    chance = rng.random()
    if chance < 0.06:
        del files[name]
        return json.dumps(files).encode()
    if name.endswith(".parquet"):
        data = parquet_damage(rng, data)
    elif name.endswith(".json") and chance < 0.6:
        data = json_damage(rng, data)
    else:
        data = text_damage(rng, data)
    files[name] = data.decode("latin-1")
    return json.dumps(files).encode()


def spelled_otherwise(content: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Each whole number of two digits and more as `1_0`, and in digits of another script.

    Yields what was done, the file with it, and the file with another number there.
    """
    text = content.decode("utf-8")
    for found in re.finditer(r"(?<![\w.+-])\d{2,}(?![\w.])", text):
        number, (a, b) = found[0], found.span()
        other = (text[:a] + str(int(number) + 1) + text[b:]).encode()
        for what in (number[0] + "_" + number[1:], "".join(chr(0xFF10 + int(d)) for d in number)):
            yield what, (text[:a] + what + text[b:]).encode(), other


DAMAGE: dict[str, Callable[[Rng, bytes], bytes]] = {
    "text": text_damage,
    "bam": bam_damage,
    "parquet": parquet_damage,
    "folder": folder_damage,
}


def keep(folder: Path, name: str, content: bytes) -> None:
    """Store a damaged input that went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
