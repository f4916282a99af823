"""The jobs of a test, run as the process does that runs them."""

import pytest

from chat.actions.jobs import attempts, queue
from chat.delivery.service import Delivery
from tests.jobs.conftest import new_worker


@pytest.fixture
def run_jobs(db):
    """Run the jobs of these queues that are due, and return them."""
    worker = new_worker()

    def run(*queues):
        jobs = queue.claim(worker, [queue.ClaimLimit(queues or ("default",), 100)])
        for job in jobs:
            attempts.run(job)
        return jobs

    return run


@pytest.fixture
async def ended():
    """End this process's delivery, which a request starts, after the test."""
    yield
    for delivery in Delivery.running():
        await delivery.stop()
