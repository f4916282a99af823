"""How often Python looks for cyclic garbage: seldom, since nearly all that a server makes goes by reference counts."""

import gc

# Python looks after every 700 new objects that did not go yet. Each connection is some hundreds that stay: letting ten
# thousand in took a third of its time. Now it looks after so many, and after 20 and 400 times as many at older ones;
# garbage that waits for it is a few megabytes.
NEW_OBJECTS = 20_000
TIMES = 20


def freeze_startup_objects() -> None:
    """What was loaded until now stays until the end, so it need not be looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, TIMES, TIMES)
