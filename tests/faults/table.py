"""What was found, for people (Markdown) and for programs (JSON)."""

import json

COUNTS = ["tried", "acked", "stored", "lost", "vanished", "doubled", "misordered", "altered", "reloads"]
HEAD = ["row", "fault", "cell", *COUNTS, "heal p50 s", "heal max s", "memory MiB", ""]


def as_json(results, skipped, seed):
    told = {"seed": seed, "results": [result.as_dict() for result in results], "skipped": skipped}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_markdown(results, skipped, seed):
    lines = [f"Seed {seed}.", "", *_row(HEAD), *_row(["---"] * len(HEAD))]
    for result in results:
        lines += _row(_cells(result))
    lines += ["", *(f"- {fault} in {cell}: – ({reason})" for cell, fault, reason in skipped)]
    return "\n".join(lines) + "\n"


def _row(cells):
    yield "| " + " | ".join(map(str, cells)) + " |"


def _cells(result):
    name = result.fault if result.subject == "site" else f"{result.fault} (tutorial)"
    memory = f"{result.memory_before:.0f} → {result.memory_peak:.0f}"
    counts = [getattr(result, name) for name in COUNTS]
    figures = " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.figures.items())
    verdict = figures if result.held else f"**broken** {figures}"
    return [result.row, name, result.cell, *counts, result.heal_p50, result.heal_max, memory, verdict.strip()]
