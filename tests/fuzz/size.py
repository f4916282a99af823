"""The number of examples: few and fixed with the other tests, any number from a seed in a run of their own.

`FUZZ_EXAMPLES` is the number of examples of each test. The seed is pytest's `--hypothesis-seed`; `make fuzz` prints it.
"""

import os

from hypothesis import HealthCheck, Phase, seed, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def sized(examples):
    """Return settings for this many fixed examples, or for EXAMPLES random ones, without a deadline."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # To explain a failure is to trace every line, of parsers too: it takes minutes.
        phases=[phase for phase in Phase if phase is not Phase.explain],
        print_blob=True,
    )


def fixed_seed(name):
    """Return a decorator that gives fixed examples their own seed. Several calls of one test would repeat the same."""
    return seed(name) if not EXAMPLES else lambda test: test
