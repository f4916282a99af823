"""The state shared by workers: people online, typing, unread counts, rate limits."""

import asyncio
import itertools
import json
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pytest

from tests.processes.client import Client
from tests.processes.servers import postgresql, valkey
from tests.site import PATIENCE_SECONDS, Site, call, wait_until

# One site for all of them: they stay together where tests are spread over processes.
pytestmark = pytest.mark.xdist_group("workers")

BURST = 5

PAIRS = """
import json
from chat.actions.accounts import issue_token
from chat.models import Person
people = [Person(name=f"pair {n}", handle=f"pair {n}") for n in range(100)]
people = Person.objects.bulk_create(people)
print(json.dumps([{"id": it.pk, "token": issue_token(it)} for it in people]))
"""

OPEN_OPS = """
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.rooms import create_room
from chat.models import Person
ivy, jon = (Person.objects.get(name=name) for name in ("ivy", "jon"))
import_memberships(create_room(ivy, "Ops"), [MembershipImport(jon)])
"""


class Watcher(Client):
    """A client that also records frames other than messages."""

    def __init__(self, token, slug="lobby"):
        super().__init__(token, slug)
        self.typing, self.unread, self.positions = set(), {}, []

    async def say(self, **frame):
        await self._wire.send(json.dumps(frame))

    async def _take(self, wire, frame):
        if frame["type"] == "typing":
            (self.typing.add if frame["on"] else self.typing.discard)(frame["person"]["name"])
        elif frame["type"] == "rooms":
            self.unread |= frame["unread"]
            self.positions += [(name, frame[name]) for name in ("read", "unread_from") if name in frame]
        await super()._take(wire, frame)

    def sees(self, *names):
        return self.until(lambda: set(self.people.values()) == set(names))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with postgresql() as database, valkey(folder) as layer:
        limits = {"CHAT_POSTS_PER_SECOND": "0.001", "CHAT_POSTS_BURST": str(BURST), "CHAT_SIGN_INS_PER_MINUTE": "0"}
        site = Site(folder, DATABASE_URL=database, REDIS_URL=layer.url, **limits)
        yield site
        site.stop()


@pytest.fixture(scope="module")
def workers(site):
    return site.start(), site.start()


@pytest.fixture
async def watch(site):
    """`await watch(port, "ada")`: a new person in the lobby at a worker."""
    watchers = []

    async def come(port, name, token=None, slug="lobby"):
        watchers.append(Watcher(token or site.guest(port, name), slug))
        return await watchers[-1].follow(port)

    yield come
    await asyncio.gather(*(watcher.leave() for watcher in watchers))


async def test_people_are_online_and_typing_at_every_worker_until_they_leave_or_their_worker_is_killed(
    site, workers, watch
):
    here, there = workers[0], site.start()
    ada, bob = await watch(here, "ada"), await watch(here, "bob")
    cyd, dan = await watch(there, "cyd"), await watch(there, "dan")
    for watcher in (ada, bob, cyd, dan):
        await watcher.sees("ada", "bob", "cyd", "dan")
    await dan.leave()
    await ada.sees("ada", "bob", "cyd")
    await bob.leave()
    await cyd.sees("ada", "cyd")
    await cyd.say(type="typing", on=True)
    await ada.until(lambda: ada.typing == {"cyd"})
    site.kill(there)  # it takes nothing back: its lease runs out
    await ada.until(lambda: ada.typing == set())
    await ada.sees("ada")


async def test_typing_is_shown_at_every_worker(workers, watch):
    eve, fay = await watch(workers[0], "eve"), await watch(workers[1], "fay")
    await eve.say(type="typing", on=True)
    await fay.until(lambda: fay.typing == {"eve"})
    await eve.say(type="typing", on=False)
    await fay.until(lambda: fay.typing == set())
    assert eve.typing == set()


async def test_unread_counts_of_other_rooms_are_sent_and_cleared_at_every_worker(site, workers, watch):
    here, there = workers
    ivy, jon = site.guest(here, "ivy"), site.guest(here, "jon")
    await asyncio.to_thread(site.shell, OPEN_OPS)
    in_lobby = await watch(there, "jon", jon)
    in_ops = await watch(here, "ivy", ivy, slug="ops")
    await in_ops.post("@jon, look")
    await in_lobby.until(lambda: in_lobby.unread.get("ops") == {"unread": 1, "mentions": 1})
    reading = await watch(here, "jon", jon, slug="ops")
    also_in_ops = await watch(there, "jon", jon, slug="ops")
    await reading.say(type="read", seq=1)
    await in_lobby.until(lambda: in_lobby.unread["ops"] == {"unread": 0, "mentions": 0})
    await also_in_ops.until(lambda: also_in_ops.positions == [("read", 1)])
    await also_in_ops.say(type="unread", seq=1)
    await reading.until(lambda: reading.positions == [("unread_from", 1)])


async def test_fifty_pairs_who_open_their_conversation_at_once_through_two_workers_have_fifty_rooms(site, workers):
    people = json.loads(await asyncio.to_thread(site.shell, PAIRS))
    pairs = list(zip(people[::2], people[1::2], strict=True))
    asked = [(port, *pair[:: 1 - 2 * side]) for pair in pairs for side, port in enumerate(workers)]

    def open_with(port, person, other):
        return call(port, "/api/direct/", {"people": [other["id"]]}, person["token"])["room"]

    with ThreadPoolExecutor(16) as threads:
        rooms = list(threads.map(lambda it: open_with(*it), asked))
    slugs = [room["slug"] for room in rooms]
    assert slugs[::2] == slugs[1::2]
    assert len(set(slugs)) == len(pairs) == 50
    assert [room["people"][0]["id"] for room in rooms] == [other["id"] for _, _, other in asked]
    counted = "from chat.models import *; print(Room.objects.filter(visibility='direct').count(), end=' '); "
    counted += "print(Membership.objects.filter(room__visibility='direct').count())"
    assert (await asyncio.to_thread(site.shell, counted)).split() == ["50", "100"]


def is_taken(port, path, fields, **headers):
    """Return whether the API accepts the request, or False for a rate limit."""
    address = f"http://127.0.0.1:{port}/api/{path}"
    request = urllib.request.Request(address, json.dumps(fields).encode(), {"Content-Type": "application/json"})
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()
    except urllib.error.HTTPError as refusal:
        if refusal.code != 429:
            raise
        return False
    return True


def posts(port, token):
    post = {"client_id": str(uuid.uuid4()), "body": "more"}
    return is_taken(port, "rooms/lobby/messages/", post, Authorization=f"Bearer {token}")


def joins(port, address):
    return is_taken(port, "join/", {"name": f"Somebody {uuid.uuid4().hex[:12]}"}, X_Forwarded_For=address)


def test_the_post_limit_of_a_person_is_shared_by_all_workers(site, workers):
    """A person faster than the exchange between workers gets through, so the next person tries too."""
    here, there = workers
    names = (f"Writer {number}" for number in itertools.count())

    def is_refused_there_for_what_was_posted_here():
        token = site.guest(here, next(names))
        assert [posts(here, token) for _ in range(BURST + 1)] == [True] * BURST + [False]
        return not posts(there, token)

    wait_until(is_refused_there_for_what_was_posted_here, "A common limit")
    assert posts(there, site.guest(there, next(names)))


def test_workers_share_the_limit_of_new_people_per_address(site, monkeypatch):
    """The address is the person's and not the proxy's, whatever server is asked."""
    monkeypatch.setitem(site.environment, "CHAT_GUESTS_PER_MINUTE", str(BURST))
    monkeypatch.setitem(site.environment, "TRUSTED_PROXIES", "127.0.0.1")
    here, there = site.start("uvicorn"), site.start("daphne")
    addresses = map(str, ip_network("198.18.0.0/15"))

    def is_refused_there_for_who_came_here():
        address = next(addresses)
        assert [joins(here, address) for _ in range(BURST + 1)] == [True] * BURST + [False]
        return not joins(there, address)

    wait_until(is_refused_there_for_who_came_here, "A common limit")
    assert joins(there, next(addresses))


RIGHT = "the right one"
SIGN_UP = (
    f"from chat.actions.accounts import sign_up; [sign_up(f'wanda {{number}}', '{RIGHT}') for number in range(10)]"
)


def sign_in(port, name, password):
    """Sign in over the API. Return the status and the reason of a refusal."""
    try:
        call(port, "/api/token/", {"username": name, "password": password})
        return 200, ""
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)["error"]["detail"]


def test_wrong_passwords_at_one_worker_count_at_the_other(site, workers):
    """A broadcast may be lost, so the next person tries too."""
    one, other = workers
    site.shell(SIGN_UP)
    names = (f"wanda {number}" for number in range(10))

    def is_refused_there_for_wrong_passwords_here():
        name = next(names)
        assert sign_in(other, name, RIGHT) == (200, "")
        assert [sign_in(one, name, f"wrong {number}")[0] for number in range(4)] == [401] * 4
        wait_until(lambda: sign_in(one, name, "wrong")[0] == 429, "This worker's limit")
        return any("Too many failed attempts" in sign_in(other, name, RIGHT)[1] for _ in range(30))

    wait_until(is_refused_there_for_wrong_passwords_here, "The other's limit")
    assert "Could not read a broadcast" not in site.log.read_text()
