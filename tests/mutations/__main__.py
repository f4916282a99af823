"""Break each rule in a copy of the repository and print which test noticed. Fail if none did.

Each of `--jobs` processes has a copy of its own and takes the next rule that is left.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutations.rules import RULES

ROOT = Path(__file__).resolve().parent.parent.parent
# The seed of the properties; another one may be given.
SEED = "16"
# For the tests of one rule. The first run has those of all rules.
RULE_SECONDS = 1_200
FIRST_RUN_SECONDS = 7_200
OPTIONS = ["-q", "-x", "-rfE", "--tb=short", "-p", "no:cacheprovider", "-p", "tests.mutations.quick"]
# As many sequences as convince. `make test` tries fewer.
MODEL_EXAMPLES = "3.4"


def copy_of_the_repository(folder):
    """Copy the files that git would commit to `folder`, without stray files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(tests, copy, seed, *, jobs=1, seconds=RULE_SECONDS):
    """Return the tests that failed, and all output."""
    scratch = copy.parent
    environment = {
        "MODEL_EXAMPLES": MODEL_EXAMPLES,
        **os.environ,
        "TEST_DATABASE": str(scratch / "mutations.sqlite3"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", *OPTIONS, f"--basetemp={scratch / 'pytest'}", *tests]
    command += [f"--hypothesis-seed={seed}"]
    command += ["--numprocesses", str(jobs), "--dist", "loadgroup"] if jobs > 1 else []
    try:
        finished = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"The tests took longer than {seconds} s: {' '.join(tests)}")
    output = finished.stdout + finished.stderr
    if finished.returncode not in (0, 1):
        sys.exit(f"The tests could not be run:\n{output}")
    return re.findall(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", output, re.MULTILINE), output


def caught_by(mutation, copy, seed):
    """Return the test that noticed the broken rule, or None if all passed."""
    path, whole = copy / mutation.path, (copy / mutation.path).read_text()
    path.write_text(mutation.broken(copy))
    try:
        failed, _ = run(mutation.tests, copy, seed)
    finally:
        path.write_text(whole)
    return failed[0] if failed else None


def all_caught_by(mutations, copies, seed):
    """Yield what `caught_by` returns for each mutation, in their order, with as many at a time as there are copies."""
    free = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def catch(mutation):
        copy = free.get()
        try:
            return caught_by(mutation, copy, seed)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            yield from pool.map(catch, mutations)
        finally:
            pool.shutdown(cancel_futures=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--seed", default=SEED, help=f"of the properties; {SEED} without it")
    parser.add_argument("--only", default="", metavar="WORDS", help="rules that have these words")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="rules at a time")
    options = parser.parse_args()
    chosen = [it for it in RULES if options.only.lower() in it.rule.lower()]
    with tempfile.TemporaryDirectory() as scratch:
        copies = [copy_of_the_repository(Path(scratch, str(number), "copy")) for number in range(options.jobs)]
        tests = sorted({test for it in chosen for test in it.tests})
        failed, output = run(tests, copies[0], options.seed, jobs=options.jobs, seconds=FIRST_RUN_SECONDS)
        if failed:
            sys.exit(f"{output}\nWith nothing broken, this fails already: {', '.join(failed)}")
        print(f"Seed {options.seed}\n\n| rule, broken | caught by |\n|---|---|", flush=True)
        survived = 0
        for mutation, test in zip(chosen, all_caught_by(chosen, copies, options.seed), strict=True):
            survived += test is None
            print(f"| {mutation.rule} | {f'`{test}`' if test else '**no test**'} |", flush=True)
    sys.exit(f"{survived} broken rules were noticed by no test." if survived else 0)


if __name__ == "__main__":
    main()
