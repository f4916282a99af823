"""Garbage collection settings. Cycles are collected seldom, since reference counts free nearly everything here."""

import gc

# By default Python runs a collection after 700 new objects that were not freed. Each connection makes some hundreds of
# lasting objects, and collections took a third of the time to admit ten thousand. Now the young generation is collected
# after this many, the older ones after 20 and 400 times as many. Uncollected garbage is a few megabytes.
NEW_OBJECTS = 20_000
TIMES = 20


def freeze_startup_objects() -> None:
    """Exclude the objects loaded at startup from later collections: they live until the process ends."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, TIMES, TIMES)
