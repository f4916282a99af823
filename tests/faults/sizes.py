"""The sizes of experiments: small in `make test`, large in `make faults`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """People in the room and how many of them write, posts a second in all, the seconds that are a while, those for
    which something hangs or is locked, clients of the stampede, mebibytes with which slow readers are flooded, people
    who are away, and how often the process that sends to them is killed."""

    members: int
    posters: int
    rate: float
    quiet_seconds: float
    freeze_seconds: float
    lock_seconds: float
    stampede: int
    flood_mib: int
    absent: int
    kills: int


QUICK = Size(
    members=6,
    posters=3,
    rate=30,
    quiet_seconds=0.3,
    freeze_seconds=4,
    lock_seconds=2,
    stampede=80,
    flood_mib=14,
    absent=3,
    kills=1,
)
FULL = Size(
    members=20,
    posters=10,
    rate=100,
    quiet_seconds=1,
    freeze_seconds=30,
    lock_seconds=10,
    stampede=800,
    flood_mib=24,
    absent=12,
    kills=5,
)
