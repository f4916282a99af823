"""Write the results of the experiments: a table for people, JSON for programs."""

import json

from tests.site import ROOT

COUNTS = ["tried", "acked", "stored", "lost", "vanished", "doubled", "misordered", "altered", "reloads"]
HEAD = ["", "fault", "cell", *COUNTS, "heal p50", "heal max", "MiB", "other figures", "Channels tutorial"]
DOCUMENT = ROOT / "docs" / "results" / "faults.md"
TITLE = """# Results of the fault injection tests

`make faults FAULTS=--write` writes this file. [Reliability](../reliability.md#results) says what the columns count.
"""
TUTORIAL_COUNTS = ["lost", "vanished", "doubled", "misordered", "reloads"]


def write(folder, results, skipped, seed):
    """`results` as dicts, to `faults.json` and `faults.md`."""
    told = {"seed": seed, "results": results, "skipped": skipped}
    (folder / "faults.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    (folder / "faults.md").write_text(as_markdown(results))


def publish(folder):
    """Write the table of a whole run, with its seed, to the documents."""
    seed = json.loads((folder / "faults.json").read_text())["seed"]
    DOCUMENT.write_text(f"{TITLE}\nSeed {seed}.\n\n{(folder / 'faults.md').read_text()}")


def join(folder, paths):
    """The same of several runs with one seed."""
    runs = [json.loads(path.read_text()) for path in paths]
    results = sorted((it for run in runs for it in run["results"]), key=_place)
    write(folder, results, [it for run in runs for it in run["skipped"]], runs[0]["seed"])


def _place(result):
    return result["row"], result["fault"], result["cell"]


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
    told = [f"{tutorial[name]} {name}" for name in TUTORIAL_COUNTS if tutorial[name]]
    return f"of {tutorial['tried']}: {', '.join(told) or 'nothing lost'} · {tutorial['memory_peak']:.0f} MiB"
