"""Safe files: text in any compression, and outputs that appear whole or not at all."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from resist_epi.errors import InputFormatError

_GZIP_MAGIC = b"\x1f\x8b"

PARTIAL = ".partial-"  # outputs being written; what a killed process left can be told by it


def file_name(text: str) -> str:
    """A mark's name as it stands in file names: whatever is not a letter, digit, . + or - is _."""
    return re.sub(r"[^A-Za-z0-9.+-]", "_", text)


def read_bytes(path: str | Path) -> bytes:
    """Content of a file, unpacked if it is gzip (told by its first bytes, not its name).

    Raises
    ------
    InputFormatError
        If the file is missing, a folder, not readable, or a damaged gzip.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if data[:2] != _GZIP_MAGIC:
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputFormatError(
            f"damaged gzip file ({error})", path=path, remedy="copy or download the file again"
        ) from error


def read_text(path: str | Path) -> str:
    """Text of a file in UTF-8, plain or gzip, with a line feed for whatever line ends it has.

    Raises
    ------
    InputFormatError
        If it cannot be read, or is no UTF-8 text; the message gives line and byte.
    """
    data = read_bytes(path)
    if data[:4] == b"PK\x03\x04":
        raise InputFormatError(
            "this is a zip archive or a spreadsheet, not text",
            path=path,
            remedy="save it as comma-separated or tab-separated text",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFormatError(
            f"not UTF-8 text (byte 0x{data[error.start]:02x})",
            path=path,
            line=data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1,
            offset=error.start,
            expected="UTF-8",
            remedy="save the file in the UTF-8 encoding",
        ) from error
    if "\x00" in text:
        raise InputFormatError(
            "not text: it holds NUL bytes",
            path=path,
            offset=data.index(b"\x00"),
            expected="UTF-8 text",
            remedy="UTF-16 text must be saved as UTF-8; a binary file was perhaps given by mistake",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unreadable(path: str | Path, error: OSError) -> InputFormatError:
    """The error for a file that the system does not let us read."""
    reason = error.strerror or str(error)
    return InputFormatError(f"cannot be read: {reason}", path=path, remedy="check path and rights")


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A path to write to, beside `path`, that takes its name when the block ends well.

    A half-written file never stands under the final name; after an error nothing is left behind.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    path = Path(path)
    if path.is_dir():
        raise InputFormatError("is a folder, not a file to write", path=path)
    if path.exists() and not path.is_file():
        # A pipe or a device, such as /dev/stdout: nothing to replace, and nothing stays behind.
        try:
            yield path
        except OSError as error:
            raise unwritable(path, error) from error
        return
    if path.is_symlink():
        path = path.resolve()
    # The suffixes stay, so that writers that choose a format by them still do.
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write text in UTF-8, whole or not at all; gzip where the name ends in `.gz`.

    The gzip header carries no time, so equal text gives equal bytes.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    data = text.encode("utf-8")
    if str(path).endswith(".gz"):
        import deflate

        # libdeflate's fastest is within 2 % of the size of zlib's usual, in a ninth of its time.
        data = bytes(deflate.gzip_compress(data, 1))
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def unwritable(path: str | Path, error: OSError) -> InputFormatError:
    """The error for an output that the system does not let us write."""
    return InputFormatError(
        f"cannot be written: {error.strerror or error}",
        path=path,
        remedy="check the rights and the free space of the folder, or choose another with -o",
    )
