"""What was found, for people and for programs. `python -m tests.faults.table faults.json …` joins several runs."""

import json
import sys
from pathlib import Path

COUNTS = ["tried", "acked", "stored", "lost", "vanished", "doubled", "misordered", "altered", "reloads"]
HEAD = ["", "fault", "cell", *COUNTS, "heal p50", "heal max", "MiB", "beside that", "the tutorial"]
TOLD_OF_THE_TUTORIAL = ["lost", "vanished", "doubled", "misordered", "reloads"]


def as_json(results, skipped, seed):
    told = {"seed": seed, "results": [result.as_dict() for result in results], "skipped": skipped}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_markdown(results):
    """`results` as they are in JSON. A fault in a cell is one line, with what the tutorial made of it at its end."""
    tutorials = {(it["fault"], it["cell"]): it for it in results if it["subject"] == "tutorial"}
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    ours = [it for it in results if it["subject"] == "site"]
    lines += [_line(_cells(it, tutorials.get((it["fault"], it["cell"])))) for it in ours]
    return "\n".join(lines) + "\n"


def _line(cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def _cells(result, tutorial):
    counts = [result[name] for name in COUNTS]
    figures = [f"{name.replace('_', ' ')} {value}" for name, value in result["figures"].items()]
    verdict = [] if result["held"] else ["**broken**"]
    memory = f"{result['memory_before']:.0f} → {result['memory_peak']:.0f}"
    fault = result["fault"].replace("_", " ")
    heal = [f"{result[name]:.1f}" for name in ("heal_p50", "heal_max")]
    return [
        result["row"],
        fault,
        result["cell"],
        *counts,
        *heal,
        memory,
        " · ".join([*verdict, *figures]),
        _of(tutorial),
    ]


def _of(tutorial):
    if tutorial is None:
        return "–"
    told = [f"{tutorial[name]} {name}" for name in TOLD_OF_THE_TUTORIAL if tutorial[name]]
    return f"of {tutorial['tried']}: {', '.join(told) or 'nothing lost'} · {tutorial['memory_peak']:.0f} MiB"


if __name__ == "__main__":
    joined = [result for path in sys.argv[1:] for result in json.loads(Path(path).read_text())["results"]]
    print(as_markdown(sorted(joined, key=lambda result: (result["row"], result["fault"], result["cell"]))), end="")
