"""Each fault that no cheaper test has, in one cell: nothing is lost, doubled or out of order, and no one has to reload.

`make faults` tries each in all cells.
"""

import os
import random

import pytest

from tests.faults import traps
from tests.faults.cells import CELLS
from tests.faults.deployment import Deployment
from tests.faults.registry import all_faults, no_environment
from tests.faults.run import Run
from tests.faults.sizes import QUICK

SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
ENVIRONMENTS = (no_environment, traps.environment)


def place(fault):
    """Return a key that puts faults with the same environment side by side, because they share their workers.

    The fault that replaces the workers comes last among them.
    """
    return [*(fault.environment is not each for each in ENVIRONMENTS), fault.name == "clocks_are_off"]


FAULTS = sorted(all_faults().values(), key=place)
TRIED = [
    pytest.param(cell, fault, id=f"{cell}-{fault.name}", marks=pytest.mark.xdist_group(f"faults {cell}"))
    for cell in CELLS
    for fault in FAULTS
    if cell == fault.quick
]


def test_each_fault_can_happen_in_the_cell_where_it_is_tried():
    assert [it.name for it in FAULTS if it.quick and it.reason_against(CELLS[it.quick])] == []


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Return the deployments of the cells, each created for the first fault that needs it."""
    made = {}

    def place_of(cell):
        if cell not in made:
            for name in list(made):
                made.pop(name).close()
            made[cell] = Deployment(CELLS[cell], tmp_path_factory.mktemp(cell))
        return made[cell]

    yield place_of
    for deployment in made.values():
        deployment.close()


@pytest.mark.parametrize(("cell", "fault"), TRIED)
async def test_promises_hold_under(cell, fault, places):
    deployment = places(cell)
    deployment.be_as(fault.workers, fault.environment(deployment))
    print(f"SEED={SEED}")
    result = await Run(fault, deployment, QUICK, SEED, deployment.folder).perform()
    print(result)
    assert result.held, result.differences
