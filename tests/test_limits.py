"""Token buckets, with a clock that the test controls."""

import pytest
from channels_redis.serializers import registry

from chat import broadcast
from chat.auth import login_throttle
from chat.protocol import AccountKind
from chat.rate_limits import limits
from chat.rate_limits.token_bucket import Buckets, TokenBucket
from tests.cases import each
from tests.cast import PASSWORD


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


def test_waiting_for_the_retry_delay_is_enough(clock):
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


def test_peeking_takes_no_token(clock):
    buckets = Buckets(1, burst=1, clock=clock)
    assert [buckets.wait("ada") for _ in range(3)] == [0.0] * 3
    assert (len(buckets), buckets.spent()) == (0, [])
    buckets.take("ada")
    assert buckets.wait("ada") == pytest.approx(1)
    clock.now += 1
    assert [buckets.wait("ada") for _ in range(3)] == [0.0] * 3
    assert buckets.take("ada") == 0.0


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
    monkeypatch.setattr("chat.rate_limits.token_bucket.MAX_BUCKETS", 50)
    buckets = Buckets(1, burst=1, clock=clock)
    for key in range(500):
        buckets.take(key)
    assert len(buckets) == 50
    assert buckets.take(499) > 0


# ---- Over several processes


def between(workers, clock, *, rate=5, burst=20):
    """Return the buckets of this many processes, and a function that exchanges their spent tokens."""
    buckets = [Buckets(rate, burst=burst, clock=clock) for _ in range(workers)]

    def tell():
        for giver in buckets:
            for key, n in giver.spent():
                for other in buckets:
                    if other is not giver:
                        other.charge(key, n)

    return buckets, tell


def test_tokens_spent_in_one_process_are_spent_in_the_others(clock):
    (here, there), tell = between(2, clock)
    assert [here.take("ada") for _ in range(20)] == [0.0] * 20
    tell()
    assert there.take("ada") == pytest.approx(0.2)
    assert there.take("bob") == 0.0
    clock.now += 0.2
    assert there.take("ada") == 0.0
    tell()
    assert here.take("ada") == pytest.approx(0.2)


def test_spent_tokens_are_reported_once(clock):
    (here, there), _ = between(2, clock)
    here.take("ada", 3)
    assert here.spent() == [("ada", 3)]
    assert here.spent() == []
    there.charge("ada", 3)
    assert there.spent() == []


def test_refused_take_is_not_reported(clock):
    (here, _), _ = between(2, clock, burst=1)
    here.take("ada")
    here.take("ada")
    assert here.spent() == [("ada", 1)]


def test_requests_faster_than_the_exchange_between_workers_count_later(clock):
    """A burst at each worker, once, and then none until the rate has made up for all of them."""
    workers, tell = between(4, clock)
    given = sum(bucket.take("ada") == 0.0 for bucket in workers for _ in range(50))
    assert given == 4 * 20
    tell()
    assert [bucket.take("ada") for bucket in workers] == pytest.approx([(3 * 20 + 1) / 5] * 4)
    for _ in range(600):
        clock.now += 0.1
        given += sum(bucket.take("ada") == 0.0 for bucket in workers)
        tell()
    assert given <= 20 + 5 * 60 + 3
    assert given >= 5 * 60


def test_without_telling_each_process_has_a_limit_of_its_own(clock):
    (here, there), _ = between(2, clock, burst=1)
    assert here.take("ada") == there.take("ada") == 0.0
    assert here.take("ada") > 0


def test_a_rate_of_zero_is_nothing_to_tell(clock):
    (here, there), _ = between(2, clock, rate=0)
    here.take("ada")
    assert here.spent() == []
    there.charge("ada", 5)
    assert there.take("ada") == 0.0


def test_number_of_unread_spent_tokens_is_bounded(clock, monkeypatch):
    monkeypatch.setattr("chat.rate_limits.token_bucket.MAX_BUCKETS", 50)
    buckets = Buckets(1, burst=1, clock=clock)
    for key in range(500):
        buckets.take(key)
    assert len(buckets.spent()) == 50


def test_spent_tokens_are_reported_by_limit(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_GUESTS_PER_MINUTE = 1, 2, 1
    limits.posts().take(7)
    limits.guests().take("192.0.2.7")
    told = limits.spent()
    assert told == {"posts": [(7, 1)], "guests": [("192.0.2.7", 1)]}
    assert limits.spent() == {}
    limits.charge(told | {"dreams": [(7, 1)]})
    assert limits.posts().take(7) > 0
    assert limits.guests().take("192.0.2.8") == 0.0


def through_redis(taken):
    """Return the frame as another worker receives it through the serializer of channels_redis."""
    serializer = registry.get_serializer("msgpack")
    return serializer.deserialize(serializer.serialize(broadcast.spent("another", taken)))["taken"]


@pytest.mark.django_db
def test_every_key_that_the_site_counts_by_arrives_as_it_was(alice, bob, hall, client, settings):
    wrong = {"username": "alice", "password": "wrong"}
    client.post("/accounts/login/", wrong)
    client.post("/accounts/login/", wrong | {"password": PASSWORD})
    client.cookies.pop("sessionid")
    client.post("/accounts/login/", wrong)
    client.post("/accounts/password_reset/", {"email": "alice@example.org"})
    client.get("/api/rooms/", headers={"Authorization": "Bearer wrong"})
    login_throttle.confirm(alice, "wrong")
    limits.guests().take("192.0.2.7")
    limits.floods().take(alice.pk)
    limits.take_post(alice.pk, "192.0.2.7", kind=AccountKind.MEMBER)
    limits.take_control_frame(alice.pk, "192.0.2.7", kind=AccountKind.GUEST)
    for by_address in (limits.rooms_by_address, limits.direct_by_address, limits.wrong_invitations):
        by_address().take("192.0.2.7")
    limits.first_contacts().take(alice.pk)
    limits.invitations().take(alice.pk)
    limits.pushes().take(alice.pk)
    limits.bots().take(alice.pk)
    limits.hooks().take(1)
    limits.pieces().take(alice.pk)
    for purpose in limits.BY_PERSON:
        for kind in AccountKind:
            purpose(kind).take(alice.pk)
    told = limits.spent()
    assert told.keys() == limits.SHARED.keys()
    assert through_redis(told) == {name: [list(entry) for entry in taken] for name, taken in told.items()}
    limits.reset()
    limits.charge(through_redis(told))
    assert {name: len(limits.SHARED[name]()) for name in told} == {name: len(taken) for name, taken in told.items()}
    for name, taken in told.items():
        for key, _ in taken:
            limits.SHARED[name]().take(key)
        assert len(limits.SHARED[name]()) == len(taken), f"{name}: another key"


def test_an_unreadable_entry_is_left_out_and_logged_once(caplog):
    bad = [["alice"], [{"a": 1}, 2], [["x", ["y"]], 1], [None, 1], ["alice", "two"], 7, None]
    for _ in range(3):
        limits.charge({"wrong_here": [*bad, ["bob", 5]], "wrong_anywhere": [*bad, ["carol", 50]]})
    assert limits.failures_by_source().take("bob") > 0
    assert limits.failures_by_name().take("carol") > 0
    assert len(caplog.records) == 2
    assert not any(record.exc_info for record in caplog.records)


def test_limits_sent_by_the_release_before_count(settings):
    """Its keys may have several parts."""
    limits.charge(through_redis({"wrong_here": [(("alice", "192.0.2.7"), 5)]}))
    assert limits.failures_by_source().take(limits.joined("alice", "192.0.2.7")) > 0


# ---- By person and by address


def test_posts_count_by_person_and_by_address(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_POSTS_PER_ADDRESS = 0.001, 2, 0.3
    assert [limits.take_post(7, "192.0.2.7", kind=AccountKind.MEMBER) > 0 for _ in range(3)] == [False, False, True]
    assert limits.take_post(8, "192.0.2.7", kind=AccountKind.MEMBER) == 0.0
    assert 0 < limits.take_post(8, "192.0.2.7", kind=AccountKind.MEMBER) <= 1 / 0.3
    assert limits.take_post(8, "192.0.2.8", kind=AccountKind.MEMBER) == 0.0


def test_a_post_that_the_address_may_not_write_costs_the_person_nothing(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_POSTS_PER_ADDRESS = 0.001, 1, 0.1
    limits.take_post(7, "192.0.2.7", kind=AccountKind.MEMBER)
    for _ in range(3):
        assert limits.take_post(8, "192.0.2.7", kind=AccountKind.MEMBER) > 0
    assert limits.take_post(8, "192.0.2.8", kind=AccountKind.MEMBER) == 0.0
    assert limits.spent()["posts_by_address"] == [("192.0.2.7", 1), ("192.0.2.8", 1)]


@pytest.mark.parametrize("setting", ["CHAT_POSTS_PER_SECOND", "CHAT_POSTS_PER_ADDRESS"])
def test_a_limit_of_zero_leaves_the_other(settings, setting):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_POSTS_PER_ADDRESS = 0.001, 1, 0.1
    setattr(settings, setting, 0)
    assert [limits.take_post(7, "192.0.2.7", kind=AccountKind.MEMBER) > 0 for _ in range(2)] == [False, True]


# ---- Guests


def taken(buckets):
    """Return how many of ten tries succeed at once."""
    return [buckets.take(7) for _ in range(10)].count(0.0)


@pytest.mark.parametrize("purpose", limits.BY_PERSON, ids=lambda purpose: purpose.__name__)
def test_guests_have_a_part_of_each_limit_per_person_and_bots_twice_as_much(settings, purpose):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST, settings.CHAT_GUEST_SHARE = 0.001, 5, 0.4
    settings.CHAT_ROOMS_PER_HOUR = settings.CHAT_SEARCHES_PER_MINUTE = settings.CHAT_REPORTS_PER_MINUTE = 5
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 5
    settings.CHAT_INVITES_PER_DAY = settings.CHAT_DIRECT_PER_HOUR = settings.CHAT_FILES_PER_HOUR = 5
    assert [taken(purpose(kind)) for kind in (AccountKind.GUEST, AccountKind.MEMBER, AccountKind.BOT)] == [2, 5, 10]


def test_guest_share_keeps_unlimited_and_is_at_least_one(settings):
    settings.CHAT_ROOMS_PER_HOUR, settings.CHAT_GUEST_SHARE = 0, 0.1
    assert taken(limits.rooms(kind=AccountKind.GUEST)) == 10
    settings.CHAT_ROOMS_PER_HOUR = 1
    assert taken(limits.rooms(kind=AccountKind.GUEST)) == 1


def test_limits_used_by_guests_are_exchanged_beside_those_of_members(settings):
    settings.CHAT_ROOMS_PER_HOUR = 1
    limits.rooms(kind=AccountKind.GUEST).take(7)
    told = limits.spent()
    assert told == {"rooms_of_guests": [(7, 1)]}
    limits.reset()
    limits.charge(told)
    assert (limits.rooms(kind=AccountKind.GUEST).take(7) > 0, limits.rooms().take(7)) == (True, 0.0)


def control_frames_of(people, *, kind):
    return [limits.take_control_frame(who, "192.0.2.7", kind=kind) for who in people].count(True)


def test_guests_behind_one_address_have_a_limit_of_control_frames_together(settings):
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 1
    assert control_frames_of(range(50), kind=AccountKind.GUEST) == limits.GUESTS_BY_ADDRESS
    assert control_frames_of(range(50, 100), kind=AccountKind.MEMBER) == 50


def test_changed_setting_counts_from_its_first_use(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 1, 1
    assert [limits.posts().take(1) > 0 for _ in range(2)] == [False, True]
    settings.CHAT_POSTS_PER_SECOND = 0
    assert limits.posts().take(1) == 0.0


@each(
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
