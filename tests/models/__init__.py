"""Random sequences of everything against models that are too simple to be wrong.

Hypothesis prints what failed, shortened, and `--hypothesis-seed=…` repeats a run; MODEL_EXAMPLES makes it so many times
as long.
"""

import os


def examples(number):
    return int(number * float(os.environ.get("MODEL_EXAMPLES", "1")))
