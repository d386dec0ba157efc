"""BAM files made by hand, block by block, so that damaged ones have right checksums."""

from __future__ import annotations

import struct
import zlib

from resist_epi.tracks.reads.bgzf import END_OF_FILE

CHROMS = {"chr1": 100_000, "chr2": 50_000}


def records(n: int = 60) -> bytes:
    """Header and `n` records, not compressed."""
    text = b"@HD\tVN:1.6\n"
    out = [b"BAM\x01", struct.pack("<i", len(text)), text, struct.pack("<i", len(CHROMS))]
    for name, length in CHROMS.items():
        out += [struct.pack("<i", len(name) + 1), name.encode() + b"\0", struct.pack("<i", length)]
    for i in range(n):
        read, bases = f"r{i}".encode() + b"\0", 36
        body = struct.pack(
            "<iiBBHHHiiii", i % 2, 70 * i, len(read), 30, 4680, 1, 16 * (i % 2), bases, -1, -1, 0
        )
        body += read + struct.pack("<I", bases << 4) + bytes((bases + 1) // 2) + b"\xff" * bases
        out.append(struct.pack("<i", len(body)) + body)
    return b"".join(out)


def packed(content: bytes, size: int = 2000) -> bytes:
    """Blocked gzip of it, with the empty block at the end."""
    blocks = []
    for at in range(0, len(content), size):
        part = content[at : at + size]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = deflate.compress(part) + deflate.flush()
        head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(data) + 25)
        blocks.append(head + data + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(blocks) + END_OF_FILE


def bam_content() -> bytes:
    """A small BAM file."""
    return packed(records())
