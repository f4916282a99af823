"""How often one person or address may do something, and guests less often.

Each process asks only its own buckets, so that nobody waits. What it gave out it tells the others about ten times a
second, and they take as much out of theirs: see `spent` and `charge`.
"""

import functools
import hashlib
import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings

from chat.rate_limits.token_bucket import BucketKey, Buckets

log = logging.getLogger(__name__)

Taken = tuple[BucketKey, int]

# What goes by address has this many seconds of its rate at once: many may be behind one.
ADDRESS_BURST_SECONDS = 10
# All guests behind one address send as many control frames as so many people.
GUESTS_BY_ADDRESS = 10


def share(limit: float, is_guest: bool) -> float:
    """What of a limit per person somebody has: all of it, or a guest's part."""
    return limit * settings.CHAT_GUEST_SHARE if is_guest else limit


def whole_share(limit: int, is_guest: bool) -> int:
    """`share` of what is counted: at least one, where there is a limit at all."""
    return max(1, int(share(limit, is_guest))) if limit else 0


def take_post(person_id: int, address: str, *, is_guest: bool) -> float:
    """0.0 for a post more of this person from this address, else the seconds until it may be; then neither has spent
    anything. One limit over the API, pages and all connections."""
    return _take_both(posts(is_guest), person_id, posts_by_address(), address)


def take_room(person_id: int, address: str, *, is_guest: bool) -> float:
    """Count one more room by this person from this network: 0.0, or the seconds until it is allowed."""
    return _take_both(rooms(is_guest), person_id, rooms_by_address(), address)


def _take_both(own: Buckets, person_id: int, shared: Buckets, address: str) -> float:
    if wait := own.take(person_id):
        return wait
    if wait := shared.take(address):
        own.give_back(person_id)
    return wait


def posts(is_guest: bool = False) -> Buckets:
    """What people post, by person."""
    burst = whole_share(settings.CHAT_POSTS_BURST, is_guest)
    return _buckets(_purpose("posts", is_guest), share(settings.CHAT_POSTS_PER_SECOND, is_guest), burst)


def posts_by_address() -> Buckets:
    """What is posted by everybody behind an address, by its `network_of`."""
    per_second = settings.CHAT_POSTS_PER_ADDRESS
    return _buckets("posts_by_address", per_second, int(ADDRESS_BURST_SECONDS * per_second))


def rooms(is_guest: bool = False) -> Buckets:
    """Rooms that people open, by person."""
    per_hour = whole_share(settings.CHAT_ROOMS_PER_HOUR, is_guest)
    return _buckets(_purpose("rooms", is_guest), per_hour / 3600, per_hour)


def rooms_by_address() -> Buckets:
    """Rooms that everyone behind an address creates, by its `network_of`."""
    per_hour = settings.CHAT_ROOMS_PER_ADDRESS
    return _buckets("rooms_by_address", per_hour / 3600, per_hour)


def floods() -> Buckets:
    """Sockets that were closed for flooding, by person. Who comes straight back would be answered as much again."""
    return _buckets("floods", 1 / 30 if settings.CHAT_FRAMES_PER_SECOND else 0.0, 3)


def take_control_frame(person_id: int, address: str, *, is_guest: bool) -> bool:
    """Take one ping, pong or part of a message from the limit of this person; for a guest, also from that of all guests
    behind the address. Whether it was within them."""
    if control_frames(is_guest).take(person_id):
        return False
    return not (is_guest and control_frames_by_address().take(address))


def control_frames(is_guest: bool = False) -> Buckets:
    """Frames that are no whole message, by person: pings, pongs and parts of messages over all their sockets."""
    burst = whole_share(settings.CHAT_FRAMES_BURST, is_guest)
    return _buckets(_purpose("control_frames", is_guest), share(settings.CHAT_FRAMES_PER_SECOND, is_guest), burst)


def control_frames_by_address() -> Buckets:
    """The same of all guests behind an address, by its `network_of`: guests cost nothing to make."""
    per_second, burst = settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST
    return _buckets("control_frames_by_address", GUESTS_BY_ADDRESS * per_second, GUESTS_BY_ADDRESS * burst)


def guests() -> Buckets:
    """Newcomers, by `network_of` their address."""
    return _buckets("guests", settings.CHAT_GUESTS_PER_MINUTE / 60, settings.CHAT_GUESTS_PER_MINUTE)


def searches(is_guest: bool = False) -> Buckets:
    """What people look for, by person: over the page and the API."""
    per_minute = whole_share(settings.CHAT_SEARCHES_PER_MINUTE, is_guest)
    return _buckets(_purpose("searches", is_guest), per_minute / 60, per_minute)


def reports(is_guest: bool = False) -> Buckets:
    """What people report, by person."""
    per_minute = whole_share(settings.CHAT_REPORTS_PER_MINUTE, is_guest)
    return _buckets(_purpose("reports", is_guest), per_minute / 60, per_minute)


def sign_ins() -> Buckets:
    """Passwords tried, right or wrong, by `network_of` the address: each costs a good part of a second to check."""
    return _buckets("sign_ins", settings.CHAT_SIGN_INS_PER_MINUTE / 60, 3 * settings.CHAT_SIGN_INS_PER_MINUTE)


def wrong_here() -> Buckets:
    """Wrong passwords by name and address: so many in a row, then one a minute."""
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_here", 1 / 60 if burst else 0.0, burst)


def wrong_known() -> Buckets:
    """Wrong passwords by person, over all browsers in which they have signed in: three times as many, then three a
    minute. One such browser alone, of somebody else by now, does not use it up."""
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_known", 1 / 20 if burst else 0.0, 3 * burst)


def wrong_anywhere() -> Buckets:
    """Wrong passwords by name, wherever they come from: ten times as many, then two a minute."""
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_anywhere", 1 / 30 if burst else 0.0, 10 * burst)


def wrong_tokens() -> Buckets:
    """Tokens that are nobody's, by `network_of` the address."""
    per_minute = settings.CHAT_WRONG_TOKENS_PER_MINUTE
    return _buckets("wrong_tokens", per_minute / 60, per_minute)


def resets() -> Buckets:
    """Mails to set a password anew, by `network_of` the address that asked, and by the address it goes to."""
    return _buckets("resets", 1 / 300 if settings.CHAT_SIGN_INS_PER_MINUTE else 0.0, 5)


def violations() -> Buckets:
    """What browsers report of pages that broke their policy, by `network_of` the address."""
    return _buckets("violations", 1.0, 30)


# What has a part of its own for guests.
BY_PERSON: tuple[Callable[[bool], Buckets], ...] = (posts, rooms, searches, reports, control_frames)


def _purpose(name: str, is_guest: bool) -> str:
    return f"{name}_of_guests" if is_guest else name


# The buckets whose keys mean the same in every process.
SHARED: dict[str, Callable[[], Buckets]] = {
    **{it.__name__: functools.partial(it, False) for it in BY_PERSON},
    **{_purpose(it.__name__, True): functools.partial(it, True) for it in BY_PERSON},
    "posts_by_address": posts_by_address,
    "rooms_by_address": rooms_by_address,
    "control_frames_by_address": control_frames_by_address,
    "floods": floods,
    "guests": guests,
    "sign_ins": sign_ins,
    "wrong_here": wrong_here,
    "wrong_known": wrong_known,
    "wrong_anywhere": wrong_anywhere,
    "wrong_tokens": wrong_tokens,
    "resets": resets,
}


@functools.lru_cache(maxsize=10_000)  # whoever comes back, or asks for pages, is asked about again and again
def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a single IPv6 customer has all to themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def joined(*parts: BucketKey) -> BucketKey:
    """Return one key for all of `parts`. It is a digest: short, whatever somebody typed, and it tells no name."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def spent() -> dict[str, list[Taken]]:
    """By purpose, what this process gave out since it was asked last: (key, tokens). For the other processes."""
    return {purpose: taken for purpose, buckets in SHARED.items() if (taken := buckets().spent())}


def charge(spent: Mapping[str, Iterable[Any]]) -> None:
    """Take out of the buckets here what another process gave out of its own. Leave out what cannot be read."""
    for purpose, buckets in SHARED.items():
        for entry in spent.get(purpose, ()):
            if (taken := _read(entry)) is not None:
                buckets().charge(*taken)
            else:
                _say_unreadable(purpose)


def _read(entry: Any) -> Taken | None:
    """Return a key and its tokens as another process told them; None for anything else."""
    match entry:
        case [str() | int() as key, int() as tokens]:
            return key, tokens
        case [[*parts], int() as tokens] if all(isinstance(part, BucketKey) for part in parts):
            return joined(*parts), tokens  # from the release before, which has keys of several parts
    return None


@functools.cache  # once for each purpose: a worker that sends one such entry sends many
def _say_unreadable(purpose: str) -> None:
    log.warning("Ignored an update of a rate limit (%s) from another worker. It has an unknown format.", purpose)


def reset() -> None:
    """Fill all buckets."""
    _buckets.cache_clear()


@functools.cache
def _buckets(purpose: str, rate_per_second: float, burst: int) -> Buckets:
    """The buckets for one purpose and one pair of settings: a changed setting counts from its first use."""
    return Buckets(rate_per_second, burst)
