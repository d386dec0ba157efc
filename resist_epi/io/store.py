"""Safe files: text in any compression, and outputs that appear whole or not at all."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import os
import platform
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from resist_epi.errors import InputFormatError

logger = logging.getLogger(__name__)

_GZIP_MAGIC = b"\x1f\x8b"

PARTIAL = ".partial-"  # outputs being written; what a killed process left can be told by it

_calls = itertools.count()

_DAMAGED = "copy or download the file again"

_CHUNK = 1 << 20

# What a packed file may unpack to: text of the field packs 4 to 20 times, a bomb 1000 times.
_UNPACKED, _RATIO = 64 << 20, 25

LONGEST_LINE = 16 << 20  # bytes


def file_name(text: str) -> str:
    """A mark's name as it stands in file names: whatever is not a letter, digit, . + or - is _."""
    return re.sub(r"[^A-Za-z0-9.+-]", "_", text)


def host() -> str:
    """Name of this computer, as it stands in file names: without hyphens."""
    return re.sub(r"[^A-Za-z0-9.]", "_", platform.node())[:64] or "localhost"


def partial_name(name: str) -> str:
    """A name for a file that is not finished: of this process, and another one at each call."""
    # Threads of one process may write files of one name; the suffixes stay, so that writers that
    # choose a format by them still do.
    return f"{PARTIAL}{host()}-{os.getpid()}-{next(_calls)}-{name[-40:]}"


def read_bytes(path: str | Path, *, unpacked: int = 0) -> bytes:
    """Content of a file, unpacked if it is gzip (told by its first bytes, not its name).

    Parameters
    ----------
    unpacked
        Bytes that it may unpack to, however small it is packed.

    Raises
    ------
    InputFormatError
        If the file is missing, a folder, not readable, a damaged gzip, or one that unpacks to many
        times more than text does.
    """
    path = Path(path)
    try:
        with open(path, "rb") as stream:
            packed = stream.read(2) == _GZIP_MAGIC
            stream.seek(0)
            if not packed:
                return stream.read()
            size = os.fstat(stream.fileno()).st_size
            return _unpacked(stream, path, max(unpacked, _UNPACKED + _RATIO * size))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFormatError(
            f"damaged gzip file ({error})", path=path, remedy=_DAMAGED
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _unpacked(stream: BinaryIO, path: Path, most: int) -> bytes:
    blocks, size = [], 0
    with gzip.open(stream) as content:
        while block := content.read(_CHUNK):
            size += len(block)
            if size > most:
                raise InputFormatError(
                    f"unpacks to more than {most >> 20} MB, out of all proportion to its size",
                    path=path,
                    remedy="unpack it with gunzip and look at it; unpacked it is read at any size",
                )
            blocks.append(block)
    return b"".join(blocks)


def read_text(path: str | Path, *, unpacked: int = 0) -> str:
    """Text of a file in UTF-8, plain or gzip, with a line feed for whatever line ends it has.

    Parameters
    ----------
    unpacked
        As in `read_bytes`.

    Raises
    ------
    InputFormatError
        If it cannot be read, is no UTF-8 text, or has a line of many megabytes; the message gives
        line and byte.
    """
    data = read_bytes(path, unpacked=unpacked)
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
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    _check_lines(path, text)
    return text


def _check_lines(path: str | Path, text: str) -> None:
    start = 0
    while len(text) - start > LONGEST_LINE:
        end = text.rfind("\n", start, start + LONGEST_LINE)
        if end < 0:
            raise line_too_long(path, text.count("\n", 0, start) + 1)
        start = end + 1


def warn_of_no_end(path: str | Path) -> None:
    """Say that the last line of a text lacks its end, as where a copy was broken off."""
    logger.warning("%s: the last line has no line end; is the file whole?", path)


def line_too_long(path: str | Path, line: int) -> InputFormatError:
    """The error for a line that no text of the field has."""
    return InputFormatError(
        f"a line of more than {LONGEST_LINE >> 20} MB",
        path=path,
        line=line,
        expected="a row a line",
        remedy="line ends were perhaps lost",
    )


def parse_json(text: str | bytes) -> Any:
    """Value of a JSON text.

    Raises
    ------
    ValueError
        If it is no JSON, or is nested so deep that nobody has written it.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def unreadable(path: str | Path, error: OSError) -> InputFormatError:
    """The error for a file that the system does not let us read."""
    if re.match(r"(https?|s3):/", str(path), re.IGNORECASE):
        return InputFormatError(
            "lies elsewhere, and what was asked for reads files that are here",
            path=re.sub(r":/(?!/)", "://", str(path), count=1),
            remedy="check, count, profile, plot locus and run take addresses; or download it",
        )
    reason = error.strerror or str(error)
    return InputFormatError(f"cannot be read: {reason}", path=path, remedy="check path and rights")


@contextmanager
def atomic_path(path: str | Path, *, option: str = "-o") -> Iterator[Path]:
    """A path to write to, beside `path`, that takes its name when the block ends well.

    A half-written file never stands under the final name; after an error nothing is left behind.
    A link of that name is replaced, and what it led to stays as it is.

    Parameters
    ----------
    option
        By which another folder is chosen.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    path = Path(path)
    if path.is_dir():
        raise InputFormatError("is a folder, not a file to write", path=path)
    if path.exists() and (not path.is_file() or _of_the_system(path)):
        # A pipe or a device, such as /dev/stdout: nothing to replace, and nothing stays behind.
        try:
            yield path
        except OSError as error:
            raise unwritable(path, error, option=option) from error
        return
    temporary = path.with_name(partial_name(path.name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error, option=option) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _of_the_system(path: Path) -> bool:
    """Whether a path such as /dev/stdout leads to a file that the shell has opened."""
    return path.is_symlink() and Path(os.path.abspath(path)).parts[:2] in _SYSTEM


_SYSTEM = {("/", "dev"), ("/", "proc")}


def refuse_linked_folders(folder: Path) -> None:
    """Refuse a folder in which links to other folders stand: outputs would go there.

    Raises
    ------
    InputFormatError
        If there is any.
    """
    for place, folders, _ in os.walk(folder, followlinks=False):
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                raise InputFormatError(
                    "is a link to another folder, and a run writes into its own folder alone",
                    path=Path(place, name),
                    remedy="remove the link, or put the folder itself there",
                )


def write_text(path: str | Path, text: str, *, option: str = "-o") -> None:
    """Write text in UTF-8, whole or not at all; gzip where the name ends in `.gz`.

    The gzip header carries no time, so equal text gives equal bytes.

    Parameters
    ----------
    option
        By which another folder is chosen.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    # File names may hold bytes that are no text: they are shown by their numbers.
    data = text.encode("utf-8", "backslashreplace")
    if str(path).endswith(".gz"):
        import deflate

        # libdeflate's fastest is within 2 % of the size of zlib's usual, in a ninth of its time.
        data = bytes(deflate.gzip_compress(data, 1))
    with atomic_path(path, option=option) as temporary:
        temporary.write_bytes(data)


def link_file(source: Path, path: Path) -> None:
    """Give a file a second name, of which nobody sees a part; copy it where that cannot be.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    with atomic_path(path) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary, follow_symlinks=False)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, temporary, follow_symlinks=False)


def unwritable(path: str | Path, error: OSError, *, option: str = "-o") -> InputFormatError:
    """The error for an output that the system does not let us write.

    Parameters
    ----------
    option
        By which another folder is chosen.
    """
    return InputFormatError(
        f"cannot be written: {error.strerror or error}",
        path=path,
        remedy=f"check the rights and the free space of the folder, or choose another by {option}",
    )


def changed_meanwhile(path: str | Path) -> InputFormatError:
    """The error for an input that is not the one any more that was begun to be read."""
    return InputFormatError(
        "was changed or replaced while the run read it",
        path=path,
        remedy="run the same command again: what was finished before is kept",
    )
