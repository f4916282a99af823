"""A worker with a row, and the calls of the sample tasks."""

import uuid

import pytest

from chat.actions import presence
from tests.jobs import samples


@pytest.fixture(autouse=True)
def calls():
    samples.calls.clear()
    return samples.calls


@pytest.fixture
def worker(db):
    return new_worker()


def new_worker():
    worker = uuid.uuid4()
    presence.report(worker, set(), set(), set())
    return worker
