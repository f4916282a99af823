"""Write the sequences that every client must handle, in any language: `python -m tests.models.vectors`.

Each is made from its seed, by the models and nothing of the site, and lies in `tests/vectors/` as JSON.
"""

import json
import random
import sys
from pathlib import Path

from tests.models import queueing, streaming, windowing

FOLDER = Path(__file__).parent.parent / "vectors"
KINDS = {"streams": (streaming.stream, 6), "windows": (windowing.walk, 6), "queues": (queueing.queue, 6)}


class Dice:
    """Random numbers that are the same in every version of Python. Only `random()` guarantees that."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def number(self, first, last):
        return first + int(self._random() * (last - first + 1))

    def one_of(self, things):
        return things[self.number(0, len(things) - 1)]

    def says(self, share):
        return self._random() < share


def vectors(kind, first_seed=1):
    make, count = KINDS[kind]
    return [{"seed": seed, **make(Dice(seed))} for seed in range(first_seed, first_seed + count)]


def encode(found):
    """Encode one step per line, so that a diff is readable."""
    lines = [
        f'{{"seed": {it["seed"]}, "steps": [\n'
        + ",\n".join(json.dumps(step, ensure_ascii=False, separators=(",", ":")) for step in it["steps"])
        + "\n]}"
        for it in found
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def write(first_seed):
    for kind in KINDS:
        (FOLDER / f"{kind}.json").write_text(encode(vectors(kind, first_seed)))


if __name__ == "__main__":
    write(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
