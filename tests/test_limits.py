"""Token buckets, under a clock that the test moves."""

import pytest

from chat import limits
from chat.limits import Buckets, TokenBucket


class Clock:
    now = 1000.1

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_burst_is_taken_at_once_and_then_one_per_interval(clock):
    bucket = TokenBucket(5, burst=20, clock=clock)
    assert [bucket.take() for _ in range(20)] == [0.0] * 20
    assert bucket.take() == pytest.approx(0.2)
    clock.now += 0.2
    assert bucket.take() == 0.0
    assert bucket.take() == pytest.approx(0.2)


def test_waiting_as_long_as_told_is_enough(clock):
    bucket = TokenBucket(3, burst=7, clock=clock)
    for _ in range(1000):
        wait = bucket.take()
        if wait:
            clock.now += wait
            assert bucket.take() == 0.0


def test_refused_take_costs_nothing(clock):
    bucket = TokenBucket(1, burst=3, clock=clock)
    bucket.take(2)
    assert bucket.take(2) == pytest.approx(1.0)
    assert bucket.take(1) == 0.0


def test_bucket_never_holds_more_than_its_burst(clock):
    bucket = TokenBucket(10, burst=2, clock=clock)
    clock.now += 3600
    assert [bucket.take() > 0 for _ in range(3)] == [False, False, True]


def test_more_than_the_burst_is_a_mistake_of_the_caller(clock):
    with pytest.raises(ValueError, match="holds 2"):
        TokenBucket(1, burst=2, clock=clock).take(3)


def test_rate_of_zero_is_no_limit(clock):
    buckets = Buckets(0, burst=0, clock=clock)
    assert [buckets.take("ada") for _ in range(100)] == [0.0] * 100
    assert len(buckets) == 0


def test_keys_do_not_share_a_bucket(clock):
    buckets = Buckets(1, burst=1, clock=clock)
    assert buckets.take("ada") == 0.0
    assert buckets.take("ada") > 0
    assert buckets.take("bob") == 0.0


def test_full_buckets_are_forgotten(clock):
    buckets = Buckets(1, burst=1, clock=clock)
    for key in range(1000):
        clock.now += 0.1
        buckets.take(key)
    assert len(buckets) <= 11


def test_number_of_buckets_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BUCKETS", 50)
    buckets = Buckets(1, burst=1, clock=clock)
    for key in range(500):
        buckets.take(key)
    assert len(buckets) == 50
    assert buckets.take(499) > 0


def test_changed_setting_counts_from_its_first_use(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 1, 1
    assert [limits.posts().take(1) > 0 for _ in range(2)] == [False, True]
    settings.CHAT_POSTS_PER_SECOND = 0
    assert limits.posts().take(1) == 0.0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_addresses_of_one_customer_are_one(address, network):
    assert limits.network_of(address) == network
