"""On the path of a worker, before anything else is loaded: its wall clock is off by the seconds that a file says.

Not by libfaketime: it also changes what the interpreter's own locks wait for, and then threads stand still.
"""

import os
import time
from pathlib import Path

_clock, _time = Path(os.environ["FAULT_CLOCK"]), time.time


def wrong_time() -> float:
    return _time() + float(_clock.read_text())


def wrong_time_ns() -> int:
    return int(wrong_time() * 1e9)


time.time, time.time_ns = wrong_time, wrong_time_ns
