"""Shift the wall clock of a worker by the seconds in a file. A worker loads this before anything else.

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
