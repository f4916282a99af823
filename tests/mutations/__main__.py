"""Breaks one rule after the other in a copy of the repository, and says which test noticed. Fails if none did."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations.rules import RULES

ROOT = Path(__file__).resolve().parent.parent.parent
# The seed of the properties; another one may be given.
SEED = "16"
PATIENCE_SECONDS = 600
OPTIONS = ["-q", "-x", "-rfE", "--tb=short", "-p", "no:cacheprovider", "-p", "tests.mutations.quick"]


def copy_of_the_repository(folder):
    """What git would commit, and nothing that lies about beside it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def run(tests, copy, seed):
    """The tests that failed, and all that was said."""
    scratch = copy.parent
    environment = {**os.environ, "TEST_DATABASE": str(scratch / "mutations.sqlite3"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *OPTIONS, f"--basetemp={scratch / 'pytest'}", *tests]
    finished = subprocess.run(
        [*command, f"--hypothesis-seed={seed}"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    said = finished.stdout + finished.stderr
    if finished.returncode not in (0, 1):
        sys.exit(f"The tests could not be run:\n{said}")
    return re.findall(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", said, re.MULTILINE), said


def caught_by(mutation, copy, seed):
    """The test that noticed the broken rule; None if all passed."""
    path, whole = copy / mutation.path, (copy / mutation.path).read_text()
    path.write_text(mutation.broken(copy))
    try:
        failed, _ = run(mutation.tests, copy, seed)
    finally:
        path.write_text(whole)
    return failed[0] if failed else None


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--seed", default=SEED, help=f"of the properties; {SEED} without it")
    parser.add_argument("--only", default="", metavar="WORDS", help="rules that have these words")
    options = parser.parse_args()
    chosen = [it for it in RULES if options.only.lower() in it.rule.lower()]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "copy")
        copy_of_the_repository(copy)
        failed, said = run(sorted({test for it in chosen for test in it.tests}), copy, options.seed)
        if failed:
            sys.exit(f"{said}\nWith nothing broken, this fails already: {', '.join(failed)}")
        print(f"Seed {options.seed}\n\n| rule, broken | caught by |\n|---|---|", flush=True)
        survived = 0
        for mutation in chosen:
            test = caught_by(mutation, copy, options.seed)
            survived += test is None
            print(f"| {mutation.rule} | {f'`{test}`' if test else '**nobody**'} |", flush=True)
    sys.exit(f"{survived} broken rules were noticed by nobody." if survived else 0)


if __name__ == "__main__":
    main()
