"""Random sequences of events, compared with models that are too simple to be wrong.

Hypothesis prints what failed, shortened, and `--hypothesis-seed=…` repeats a run; MODEL_EXAMPLES makes it so many times
as long.
"""

import os

from hypothesis import HealthCheck, settings


def long(examples, steps):
    """Return settings for this many sequences of this many steps, without a deadline."""
    number = int(examples * float(os.environ.get("MODEL_EXAMPLES", "1")))
    quiet = [HealthCheck.too_slow]
    return settings(max_examples=number, stateful_step_count=steps, deadline=None, suppress_health_check=quiet)
