"""A lease has one holder, until that worker is removed."""

import uuid

import pytest

from chat.actions import presence
from chat.actions.jobs import leases

pytestmark = pytest.mark.django_db
ONE, OTHER = uuid.uuid4(), uuid.uuid4()


def test_a_free_lease_has_one_holder():
    assert leases.take("outbound", ONE)
    assert not leases.take("outbound", OTHER)
    assert leases.take("outbound", ONE)


def test_other_leases_are_not_concerned():
    assert leases.take("outbound", ONE)
    assert leases.take("follower:notices", OTHER)


def test_a_lease_ends_with_its_worker():
    assert leases.take("outbound", ONE)
    presence.remove_workers([ONE])
    assert leases.take("outbound", OTHER)
    assert not leases.take("outbound", ONE)


def test_holding_a_lease_takes_one_statement(django_assert_num_queries):
    assert leases.take("outbound", ONE)
    for worker in (ONE, OTHER):
        with django_assert_num_queries(1):
            leases.take("outbound", worker)
