"""Damage bigWigs in every way we can think of, and see that the reader never crashes or lies.

Each mutated file is opened by a worker process, asked for a few regions (so that blocks that hold
none of them are not read), and read in full. It must give the answers of the undamaged file or an
`InputFormatError`, within 5 seconds and 4 times the memory that the undamaged file needs. A
different answer is allowed only where the format holds nothing to notice it by; such
outcomes are counted apart, with the reason. Outcomes are counted by the check that caught them, and
checks that no file reached are listed. `fuzz_readers` runs it:

    python validation/fuzz_readers.py --readers bigWig --files 12000 [--keep DIR]
"""

from __future__ import annotations

import ast
import multiprocessing
import re
import struct
import time
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from raw_bigwig import Block, RawBigWig

from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig

ROOT = Path(__file__).resolve().parents[1]
BATCH = 200
SECONDS = 5.0
MEMORY_FACTOR = 4
MODULES = (
    "tracks/bigwig/track",
    "tracks/bigwig/format",
    "tracks/bigwig/blocks",
    "tracks/bigwig/sections",
    "io/checked_file",
)
# Reached only if the system fails or the file shrinks while it is read: tested by hand.
BY_HAND = {"the * could not be read in full"}
# Damage that makes another sound file, with checksums of its own.
SOUND = {
    "rewritten": "blind: another sound file",
    "repacked": "blind: another block with a right checksum",
}
MAGIC = struct.pack("<I", 0x888FFC26)

Answer = tuple[list[tuple[str, int]], list[bytes], float]
Few = dict[tuple[str, int], list[list[float]]]  # by chromosome and its length


@dataclass(frozen=True)
class Seed:
    """An undamaged file, where its parts lie, and what reading it gives and costs."""

    name: str
    content: bytes
    parts: dict[str, tuple[int, int]]
    answer: Answer
    few: Few
    memory: int
    order: str = "<"
    raw: RawBigWig | None = None

    @property
    def plain(self) -> bool:
        """Whether its blocks are not compressed, and so without checksums."""
        return self.raw is not None and not self.raw.compressed

    @property
    def endian(self) -> Literal["little", "big"]:
        return "little" if self.order == "<" else "big"


# -- undamaged files ----------------------------------------------------------------------------


def seeds(folder: Path) -> list[Seed]:
    """Files of pyBigWig (zoom levels, several blocks) and hand-made ones of every variant."""
    rng = np.random.default_rng(0)
    path = folder / "seed.bw"

    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = {"chr1": 9000, "chr2": 2500, "chrM": 40}[chrom]
        edges = np.cumsum(rng.integers(0, 30, 2 * n) + np.tile([0, 1], n))
        return edges[::2], edges[1::2], rng.poisson(3, n) * 0.25

    write_bigwig(path, {"chr1": 600_000, "chr2": 200_000, "chrM": 16_000}, runs)
    found = [make_seed("pyBigWig", path.read_bytes(), path)]
    for order in "<>":
        for compressed in (True, False):
            for version, node_items in ((4, 3), (4, 64), (1, 3)):
                raw = RawBigWig(
                    {"chr1": 50_000, "chr10": 9_000, "chrX": 4_000},
                    raw_blocks(),
                    order=order,
                    compressed=compressed,
                    version=version,
                    node_items=node_items,
                )
                name = f"{'packed' if compressed else 'plain'} v{version} {order} {node_items}"
                found.append(make_seed(name, raw.encode(), path, raw))
    return found


def raw_blocks() -> list[Block]:
    rng = np.random.default_rng(1)
    blocks: list[Block] = []
    items: list[tuple[float, ...]]
    for chrom, first, kinds in ((0, 0, [1, 1, 2, 3, 3, 1]), (1, 100, [3, 1]), (2, 0, [2])):
        at = first
        for kind in kinds:
            values = rng.poisson(4, 60) * 0.5
            if kind == 1:
                items = [(at + 20 * i, at + 20 * i + 15, v) for i, v in enumerate(values)]
                blocks.append(Block(chrom, at, at + 20 * 59 + 15, 1, items))
            elif kind == 2:
                items = [(at + 20 * i, v) for i, v in enumerate(values)]
                blocks.append(Block(chrom, at, at + 20 * 59 + 10, 2, items, span=10))
            else:
                items = [(v,) for v in values]
                blocks.append(Block(chrom, at, at + 20 * 60, 3, items, step=20, span=20))
            at += 20 * 60 + 100
    return blocks


def make_seed(name: str, content: bytes, path: Path, raw: RawBigWig | None = None) -> Seed:
    path.write_bytes(content)
    order = raw.order if raw else "<"
    zooms, tree, data, index = struct.unpack_from(order + "HQQQ", content, 6)
    parts = {
        "header": (4, 64 + 24 * zooms),
        "totals": (struct.unpack_from(order + "Q", content, 44)[0], 40),
        "tree": (tree, data - tree),
        "data": (data, index - data),
        "index": (index, 400),
        "end": (len(content) - 8, 8),
    }
    answer_to(path)
    tracemalloc.start()
    answer = answer_to(path)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Seed(name, content, parts, answer, few_regions(path), memory, order, raw)


def answer_to(path: Path) -> Answer:
    """Chromosomes, every run of each as bytes, and the total."""
    track = open_bigwig(path)
    content, total = [], 0.0
    for chrom in track.chrom_lengths:
        runs = list(track.runs(chrom))
        content.append(
            b"".join(
                np.concatenate([getattr(r, name) for r in runs]).tobytes() if runs else b""
                for name in ("starts", "ends", "values")
            )
        )
    track.verify()
    total = track.total()
    return list(track.chrom_lengths.items()), content, total


def few_regions(path: Path) -> Few:
    """Sum and covered bases of a few narrow regions a chromosome, bins of one more."""
    track = open_bigwig(path)
    answers: Few = {}
    for chrom, length in track.chrom_lengths.items():
        starts = np.array([0.02, 0.05, 0.31, 0.32, 0.77]) * min(length, 600_000)
        found = track.summarise(chrom, starts.astype(int), starts.astype(int) + 130)
        bins = track.bin_sums(chrom, int(starts[2]) + np.arange(0, 330, 30)[None, :])
        answers[chrom, length] = [found.sum.tolist(), found.covered.tolist(), bins[0].tolist()]
    return answers


# -- damage -------------------------------------------------------------------------------------

Rng = np.random.Generator


def cut(rng: Rng, seed: Seed) -> bytes:
    return seed.content[: int(rng.integers(0, len(seed.content)))]


def cut_end(rng: Rng, seed: Seed) -> bytes:
    return seed.content[: -int(rng.integers(1, 64))]


def flip(rng: Rng, seed: Seed) -> bytes:
    """A few bits in one part."""
    content = bytearray(seed.content)
    start, size = seed.parts[str(rng.choice(list(seed.parts)))]
    for _ in range(int(rng.integers(1, 6))):
        at = min(start + int(rng.integers(0, max(size, 1))), len(content) - 1)
        content[at] ^= 1 << int(rng.integers(0, 8))
    return keep_magic(content, seed)


def set_number(rng: Rng, seed: Seed) -> bytes:
    """A number of header, trees or totals set to something extreme or plausible."""
    content = bytearray(seed.content)
    start, size = seed.parts[str(rng.choice(["header", "tree", "index", "totals", "data"]))]
    width = int(rng.choice([1, 2, 4, 8]))
    at = start + int(rng.integers(0, max(size // width, 1))) * width
    if rng.random() < 0.3:
        at += 4  # the nodes of trees begin with 4 bytes
    most = (1 << 8 * width) - 1
    near = [0, 1, most, most >> 1, len(content), len(content) - 1, *(p for p, _ in parts(seed))]
    value = int(near[int(rng.integers(0, len(near)))]) + int(rng.integers(-2, 3))
    content[at : at + width] = (value & most).to_bytes(width, seed.endian)
    return keep_magic(content[: len(seed.content)], seed)


def set_header(rng: Rng, seed: Seed) -> bytes:
    """One field of the header, or of the heads of tree and index."""
    content = bytearray(seed.content)
    tree, index = seed.parts["tree"][0], seed.parts["index"][0]
    fields = [(4, 2), (6, 2), (8, 8), (16, 8), (24, 8), (44, 8), (52, 4)]
    fields += [(tree, 4), (tree + 8, 4), (tree + 12, 4), (tree + 16, 8)]
    fields += [(index, 4), (index + 8, 8), (seed.parts["data"][0], 8)]
    at, width = fields[int(rng.integers(0, len(fields)))]
    most = (1 << 8 * width) - 1
    old = int.from_bytes(content[at : at + width], seed.endian)
    choices = [0, 1, most, old + 1, old - 1, old // 2, old * 2, len(content), int(rng.integers(99))]
    value = choices[int(rng.integers(0, len(choices)))] & most
    content[at : at + width] = value.to_bytes(width, seed.endian)
    return bytes(content)


def loop(rng: Rng, seed: Seed) -> bytes:
    """A child pointer of an inner node of a tree that points back, aside or nowhere."""
    content = bytearray(seed.content)
    key = struct.unpack_from(seed.order + "I", content, seed.parts["tree"][0] + 8)[0]
    root, item = [
        (seed.parts["index"][0] + 48, 24),
        (seed.parts["tree"][0] + 32, key + 8),
    ][int(rng.integers(0, 2))]
    count = struct.unpack_from(seed.order + "H", content, root + 2)[0]
    child = root + 4 + item * int(rng.integers(0, count)) + item - 8
    if content[root]:  # a leaf: make it an inner node
        content[root] = 0
    other = root + 4 + item * int(rng.integers(0, count)) + item - 8
    sibling = struct.unpack_from(seed.order + "Q", content, other)[0]
    to = [root, sibling, root + 4, len(content) - 4, 1 << 62][int(rng.integers(0, 5))]
    struct.pack_into(seed.order + "Q", content, child, to)
    return bytes(content)


def noise(rng: Rng, seed: Seed) -> bytes:
    """Random bytes behind the magic number."""
    body: bytes = rng.bytes(int(rng.integers(0, 3000)))
    return MAGIC + body + (MAGIC if rng.random() < 0.5 else b"")


def noise_behind_header(rng: Rng, seed: Seed) -> bytes:
    """A sound header, then random bytes, then the end as it should be."""
    start = int(rng.integers(64, len(seed.content)))
    return seed.content[:start] + rng.bytes(len(seed.content) - start - 4) + seed.content[-4:]


def shift(rng: Rng, seed: Seed) -> bytes:
    """Bytes lost or added in the middle."""
    at, n = int(rng.integers(64, len(seed.content))), int(rng.integers(1, 40))
    if rng.random() < 0.5:
        return seed.content[:at] + seed.content[at + n :]
    return seed.content[:at] + rng.bytes(n) + seed.content[at:]


def blank(rng: Rng, seed: Seed) -> bytes:
    """A stretch of zeros, as a failed download leaves."""
    at, n = int(rng.integers(4, len(seed.content))), int(rng.integers(1, 600))
    n = min(n, len(seed.content) - at)
    return seed.content[:at] + bytes(n) + seed.content[at + n :]


def repack(rng: Rng, seed: Seed) -> bytes:
    """A block changed before it is compressed, so that its checksum is right."""
    if seed.raw is None:
        return flip(rng, seed)
    victim = int(rng.integers(0, len(seed.raw.blocks)))

    def damage(i: int, body: bytes) -> bytes:
        if i != victim:
            return body
        changed = bytearray(body)
        if rng.random() < 0.15:
            return bytes(changed[: int(rng.integers(0, 60))])
        at = int(rng.integers(0, 24 if rng.random() < 0.6 else len(changed)))
        changed[at] = int(rng.choice([0, 1, 2, 3, 255, changed[at] ^ 1]))
        return bytes(changed)

    return replace(seed.raw, damage=damage).encode()


def rewrite(rng: Rng, seed: Seed) -> bytes:
    """Chromosomes of other lengths, or a block somewhere else; encoded as a sound file would be."""
    if seed.raw is None:
        return set_header(rng, seed)
    chroms, blocks = dict(seed.raw.chroms), list(seed.raw.blocks)
    if rng.random() < 0.5:
        chroms[str(rng.choice(list(chroms)))] = int(rng.choice([0, 1, 500, 2000, 2**32 - 1]))
    else:
        i, by = int(rng.integers(0, len(blocks))), int(rng.choice([-90, 1, 150, 5000, 10**9]))
        block = blocks[i]
        if block.start + by >= 0:
            moved = [
                (*(x + by for x in item[: 3 - block.kind]), *item[3 - block.kind :])
                for item in block.items
            ]
            blocks[i] = replace(block, start=block.start + by, end=block.end + by, items=moved)
    return replace(seed.raw, chroms=chroms, blocks=blocks).encode()


def other_magic(rng: Rng, seed: Seed) -> bytes:
    """No bigWig at all, or a bigBed."""
    starts = [b"", rng.bytes(4), b"\xeb\xf2\x89\x87", b"BAM\x01", b"\x1f\x8b\x08\x00"]
    start: bytes = starts[int(rng.integers(0, 5))]
    return start + seed.content[4 : int(rng.integers(4, 300))] if rng.random() < 0.8 else start


def keep_magic(content: bytearray, seed: Seed) -> bytes:
    content[:4] = seed.content[:4]
    return bytes(content)


def parts(seed: Seed) -> list[tuple[int, int]]:
    return list(seed.parts.values())


DAMAGES: dict[str, tuple[Callable[[Rng, Seed], bytes], float]] = {
    "cut": (cut, 1),
    "cut end": (cut_end, 0.7),
    "flipped bits": (flip, 2),
    "set number": (set_number, 1.5),
    "set header": (set_header, 1.5),
    "loop": (loop, 0.8),
    "noise": (noise, 0.7),
    "noise behind header": (noise_behind_header, 0.4),
    "shifted": (shift, 0.7),
    "blanked": (blank, 0.8),
    "repacked": (repack, 1.5),
    "rewritten": (rewrite, 0.6),
    "other magic": (other_magic, 0.3),
}


# -- judgement ----------------------------------------------------------------------------------


def judge(kind: str, seed: Seed, path: Path) -> str:
    """What became of one mutated file: `ok: …`, `caught: …`, `blind: …` or `BAD: …`."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    began = time.monotonic()
    few: Few = {}
    try:
        few = few_regions(path)
        answer = answer_to(path)
    except InputFormatError as error:
        outcome = compare_few(kind, seed, few) or "caught: " + error.problem
    except Exception as error:  # noqa: BLE001 (that is the question here)
        outcome = f"BAD: {type(error).__name__} {error}"
    else:
        outcome = compare(kind, seed, answer)
        if outcome.startswith("ok") and compare_few(kind, seed, few):
            outcome = "BAD: another answer in a few regions of an undamaged file"
    if time.monotonic() - began > SECONDS:
        return f"BAD: slower than {SECONDS} s ({outcome})"
    used = tracemalloc.get_traced_memory()[1] - before
    if used > MEMORY_FACTOR * seed.memory + (1 << 20):
        return f"BAD: {used >> 10} kB where {seed.memory >> 10} kB serve ({outcome})"
    return outcome


def compare(kind: str, seed: Seed, answer: Answer) -> str:
    chroms, content, total = answer
    if content == seed.answer[1]:
        same = chroms == seed.answer[0]
        return "ok: same answer" if same else "blind: names or lengths of chromosomes"
    if kind in SOUND:
        return SOUND[kind]
    if seed.plain and seed.raw is not None and seed.raw.version == 1:
        return "blind: no checksums and no totals in the file"
    if seed.plain and abs(total - seed.answer[2]) <= 1e-6 * abs(seed.answer[2]):
        return "blind: no checksums, and less than the totals' precision"
    return "BAD: silently another answer"


def compare_few(kind: str, seed: Seed, few: Few) -> str:
    """What is to be said of the answer for a few regions; nothing if it is right."""
    if all(seed.few.get(chrom, answer) == answer for chrom, answer in few.items()):
        return ""
    if seed.plain:
        return "blind: no checksums, and totals tell only of the whole file"
    return SOUND.get(kind, "BAD: silently another answer in a few regions")


def work(jobs: list[tuple[int, str]], everything: list[Seed], folder: str) -> list[str]:
    """Outcomes of a batch; runs in a worker process."""
    path = Path(folder) / "mutant.bw"
    outcomes = []
    warnings.simplefilter("error")
    tracemalloc.start()
    for number, kind in jobs:
        rng = np.random.default_rng(number)
        seed = everything[int(rng.integers(0, len(everything)))]
        path.write_bytes(DAMAGES[kind][0](rng, seed))
        outcomes.append(judge(kind, seed, path))
    tracemalloc.stop()
    return outcomes


def mutant(number: int, kind: str, everything: list[Seed]) -> bytes:
    """The bytes of one mutated file, from its number."""
    rng = np.random.default_rng(number)
    seed = everything[int(rng.integers(0, len(everything)))]
    return DAMAGES[kind][0](rng, seed)


def checks() -> set[str]:
    """Every problem that the reader can name, from its source; `*` where a value stands."""
    found = set()
    for module in MODULES:
        tree = ast.parse((ROOT / "resist_epi" / f"{module}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in {"fail", "InputFormatError"}:
                    found.add(pattern_of(node.args[0]))
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "checks":
                elements = node.value.elts if isinstance(node.value, ast.Tuple) else []
                found |= {pattern_of(e.elts[1]) for e in elements if isinstance(e, ast.Tuple)}
    writing = {"*: unequal numbers of starts, ends and values"}
    writing |= {"runs not sorted, overlapping or outside the chromosome"}
    return {text for text in found if text} - writing - {"*"}


def pattern_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
    return ""


def missed(outcomes: Counter[str]) -> list[str]:
    """Checks that no mutated file reached."""
    caught = [text.removeprefix("caught: ") for text in outcomes if text.startswith("caught")]
    return [
        check
        for check in sorted(checks() - BY_HAND)
        if not any(re.fullmatch(re.escape(check).replace(r"\*", ".*"), text) for text in caught)
    ]


def fuzz(files: int, seed: int, folder: Path) -> tuple[Counter[str], Counter[str], list[str]]:
    """Outcomes, kinds of damage, and what went wrong (with the number that makes it again)."""
    everything = seeds(folder)
    rng = np.random.default_rng(seed)
    weights = np.array([w for _, w in DAMAGES.values()])
    kinds = rng.choice(list(DAMAGES), size=files, p=weights / weights.sum())
    jobs = [(seed * 10_000_000 + i, str(kind)) for i, kind in enumerate(kinds)]
    outcomes: Counter[str] = Counter()
    bad = []
    for at in range(0, files, BATCH):
        batch = jobs[at : at + BATCH]
        for job, outcome in zip(batch, run_batch(batch, everything, folder), strict=True):
            outcomes[outcome if not outcome.startswith("BAD") else "BAD"] += 1
            if outcome.startswith("BAD"):
                bad.append(f"{job[0]} {job[1]}: {outcome}")
    return outcomes, Counter(map(str, kinds)), bad


def run_batch(batch: list[tuple[int, str]], everything: list[Seed], folder: Path) -> list[str]:
    """A batch in a process of its own; a batch that kills or stops it is run file by file."""
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(1, mp_context=context)
    try:
        limit = 60 + len(batch) * (SECONDS if len(batch) == 1 else 0.2)
        return pool.submit(work, batch, everything, str(folder)).result(timeout=limit)
    except (BrokenProcessPool, FutureTimeout) as error:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.kill()
        if len(batch) == 1:
            return [f"BAD: {'crash' if isinstance(error, BrokenProcessPool) else 'hang'}"]
        return [run_batch([job], everything, folder)[0] for job in batch]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def report(files: int, seed: int, folder: Path, keep: Path | None = None) -> int:
    """Fuzz, print what was done and found, and return how much went wrong."""
    outcomes, kinds, bad = fuzz(files, seed, folder)
    if keep and bad:
        keep.mkdir(parents=True, exist_ok=True)
        everything = seeds(folder)
        for line in bad:
            number, kind = line.split(":")[0].split(" ", 1)
            (keep / f"{number}.bw").write_bytes(mutant(int(number), kind, everything))
    for title, counts in (("damage of bigWigs", kinds), ("outcome", outcomes)):
        print(f"{title}:")
        for name, count in counts.most_common():
            print(f"  {count:7d}  {name}")
    unreached = missed(outcomes)
    for line in (*bad, *(f"no file reached the check: {check}" for check in unreached)):
        print(line)
    # Short runs cannot reach every check.
    return len(bad) + (len(unreached) if files >= 10_000 else 0)
