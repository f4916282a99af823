"""All faults in all cells: `python -m tests.faults`, or at random for a while: `python -m tests.faults --soak MINUTES`.

Exits with 1 if a promise broke.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.baseline.deployment import TutorialDeployment, TutorialRun
from tests.faults.cells import CELLS
from tests.faults.deployment import Deployment
from tests.faults.registry import all_faults
from tests.faults.run import Run
from tests.faults.sizes import FULL, QUICK
from tests.faults.soak import soak

SUBJECTS = {"site": (Deployment, Run), "tutorial": (TutorialDeployment, TutorialRun)}


def main():
    options = parse()
    print(f"seed {options.seed}", flush=True)
    if options.soak:
        return soak(CELLS[options.cells[0]], options.soak, options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    failures = side_by_side(options) if options.jobs > 1 else one_by_one(options)
    print(f"{options.folder}/faults.md and faults.json")
    if options.write:
        table.publish(options.folder)
    return 1 if failures else 0


def one_by_one(options):
    trials = Trials(options)
    for subject in options.subjects:
        for cell in options.cells:
            trials.try_cell(subject, CELLS[cell])
    results = [result.as_dict() for result in trials.results]
    table.write(options.folder, results, trials.skipped, options.seed)
    return trials.failures


def side_by_side(options):
    """Run the cells in parallel processes, because most experiments wait. Run those that fill the machine
    afterwards."""
    stampedes = [name for name in options.faults if all_faults()[name].load.get("members") == "stampede"]
    others = [name for name in options.faults if name not in stampedes]
    parts = [(subject, cell, others) for cell in options.cells for subject in options.subjects if others]
    last = [(subject, cell, stampedes) for cell in options.cells for subject in options.subjects if stampedes]
    with ThreadPoolExecutor(options.jobs) as pool:
        codes = list(pool.map(lambda part: by_itself(options, *part), parts))
    codes += [by_itself(options, *part) for part in last]
    table.join(options.folder, [folder_of(options, *part) / "faults.json" for part in parts + last])
    return sum(code != 0 for code in codes)


def by_itself(options, subject, cell, names):
    folder = folder_of(options, subject, cell, names)
    command = [sys.executable, "-m", "tests.faults", "--jobs", "1", "--seed", str(options.seed), "--folder", folder]
    command += ["--subjects", subject, "--cells", cell, "--faults", *names, *(["--quick"] if options.quick else [])]
    return subprocess.run(command).returncode


def folder_of(options, subject, cell, names):
    return options.folder / f"{subject} {cell} {len(names)}"


def parse():
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    add = parser.add_argument
    add("--cells", nargs="+", choices=CELLS, default=None)
    add("--faults", nargs="+", choices=all_faults(), default=list(all_faults()))
    add("--subjects", nargs="+", choices=SUBJECTS, default=list(SUBJECTS))
    add("--quick", action="store_true", help="as small as in `make test`")
    add("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    add("--jobs", type=int, default=4, help="cells at a time")
    add("--folder", type=Path, default=Path("var/faults"), help="where the table is written")
    add("--write", action="store_true", help="write the table of a whole run to docs/results/faults.md")
    add("--soak", type=float, metavar="MINUTES", help="random faults on one site in the first of the cells")
    options = parser.parse_args()
    is_part = options.quick or options.soak or options.cells or options.subjects != list(SUBJECTS)
    if options.write and (is_part or options.faults != list(all_faults())):
        parser.error("--write takes a whole run: no --quick, --soak, --cells, --faults or --subjects")
    options.cells = options.cells or (["postgresql-uvicorn"] if options.soak else list(CELLS))
    return options


class Trials:
    """The experiments that ran, and those that could not, with the reason. The tutorial may fail."""

    def __init__(self, options):
        self.options, self.results, self.skipped, self.failures = options, [], [], 0
        self._deployment = self._folder = None

    def try_cell(self, subject, cell):
        make, kind = SUBJECTS[subject]
        for name in self.options.faults:
            fault = all_faults()[name]
            if subject == "tutorial" and not fault.baseline:
                continue
            if reason := fault.reason_against(cell):
                self.skipped.append((cell.name, name, reason))
                continue
            try:
                self._try(fault, kind, make, cell)
            except pytest.skip.Exception as missing:
                self.skipped.append((cell.name, name, str(missing)))
            except Exception as error:  # this experiment failed as such; the others go on in a new place
                self.failures += subject == "site"
                self.skipped.append((cell.name, name, f"failed: {error!r}"))
                traceback.print_exc()
                self._close()
        self._close()

    def _try(self, fault, kind, make, cell):
        if self._deployment is None:
            self._folder = tempfile.TemporaryDirectory(prefix="faults-")
            self._deployment = make(cell, Path(self._folder.name))
        deployment = self._deployment
        deployment.be_as(fault.workers, fault.environment(deployment))
        size = QUICK if self.options.quick else FULL
        result = asyncio.run(kind(fault, deployment, size, self.options.seed, deployment.folder).perform())
        self.results.append(result)
        self.failures += not result.held and result.subject == "site"
        word = "held" if result.held else "BROKEN"
        print(
            f"{result.subject:<9}{cell.name:<20}{fault.name:<32}{result.seconds:>6} s  {word}  {result.figures or ''}",
            flush=True,
        )
        for difference in result.differences if result.subject == "site" else ():
            print(f"    {difference}", flush=True)

    def _close(self):
        if self._deployment is not None:
            self._deployment.close()
            self._folder.cleanup()
            self._deployment = None


if __name__ == "__main__":
    sys.exit(main())
