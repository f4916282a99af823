"""All scenarios, in the order of the document."""

from benchmarks.scenarios import connecting, fanout, pages, posting, presence, restart, rooms, starting, workers

SCENARIOS = (
    fanout.SCENARIO,
    rooms.SCENARIO,
    posting.SCENARIO,
    connecting.SCENARIO,
    restart.SCENARIO,
    workers.SCENARIO,
    pages.SCENARIO,
    presence.SCENARIO,
    starting.SCENARIO,
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
