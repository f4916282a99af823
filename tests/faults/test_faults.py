"""Every fault, in a cell or two: nothing is lost, doubled or out of order, and nobody has to reload."""

import os
import random

import pytest

from tests.faults.cells import CELLS
from tests.faults.deployment import Deployment
from tests.faults.registry import all_faults
from tests.faults.run import Run
from tests.faults.sizes import QUICK

SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
TRIED = [
    pytest.param(cell, fault, id=f"{cell}-{name}", marks=pytest.mark.xdist_group(f"faults {cell}"))
    for cell in CELLS
    for name, fault in all_faults().items()
    if cell in fault.quick and not fault.reason_against(CELLS[cell])
]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The place of a cell, made for the first fault that wants it."""
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
