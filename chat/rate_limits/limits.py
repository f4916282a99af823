"""The rate limits of the site, per person and per address. Guests have lower ones, and bots higher ones.

Each process takes tokens from its own buckets, so no request waits for another process. About seven times a second it
broadcasts the tokens it took, and the others take as many from theirs: see `spent` and `charge`.
"""

import functools
import hashlib
import ipaddress
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings

from chat.errors import ActionError, Code
from chat.protocol import AccountKind
from chat.rate_limits.token_bucket import BucketKey, Buckets

log = logging.getLogger(__name__)

Taken = tuple[BucketKey, int]

# The burst of a limit per address, in seconds of its rate. It is large because many people may share an address.
ADDRESS_BURST_SECONDS = 10
SECONDS_PER_DAY = 24 * 60 * 60
# The limits for all guests behind one address, in multiples of one person's.
GUESTS_BY_ADDRESS = 10
# The limits of a bot, in multiples of a member's.
BOT_SHARE = 2
BOTS_PER_DAY = 30
HOOKS_PER_SECOND = 1.0
# New direct conversations of a guest, and of anyone with people who are in no room with them.
GUEST_DIRECT_PER_HOUR = 3
FIRST_CONTACTS_PER_HOUR = 5


def share(limit: float, kind: AccountKind) -> float:
    """Return someone's share of a limit: all of it, a guest's part, or twice as much for a bot."""
    return limit * {AccountKind.GUEST: settings.CHAT_GUEST_SHARE, AccountKind.BOT: BOT_SHARE}.get(kind, 1)


def whole_share(limit: int, kind: AccountKind) -> int:
    """Return the person's share of a limit as a whole number: at least one, or 0 if there is no limit."""
    return max(1, int(share(limit, kind))) if limit else 0


def take_post(person_id: int, address: str, *, kind: AccountKind) -> float:
    """Count one more post by this person from this network: 0.0, or the seconds until it is allowed.

    A refused post takes nothing from either limit. The API, pages and all connections share these limits.
    """
    return _take_all((posts(kind), person_id), (posts_by_address(), address))


def check_change(person_id: int, address: str, *, kind: AccountKind) -> None:
    """Count a change that is sent to others like a post. Refuse too many."""
    if wait := take_post(person_id, address, kind=kind):
        raise ActionError(Code.RATE_LIMITED, "Too many changes. Try again in a moment.", retry_after=round(wait, 3))


def take_room(person_id: int, address: str, *, kind: AccountKind) -> float:
    """Count one more room by this person from this network: 0.0, or the seconds until it is allowed."""
    return _take_all((rooms(kind), person_id), (rooms_by_address(), address))


def take_direct(person_id: int, address: str, *, kind: AccountKind, is_first_contact: bool) -> float:
    """Count one more direct conversation by this person: 0.0, or the seconds until it is allowed.

    It counts for all guests behind the address, if the person is one, and in a lower limit for a first contact: with
    someone who is in no room with the person.
    """
    by_address = [(direct_by_address(), address)] if kind is AccountKind.GUEST else []
    first = [(first_contacts(), person_id)] if is_first_contact else []
    return _take_all((direct(kind), person_id), *by_address, *first)


def take_address_link(email: str, person_id: int) -> float:
    """Count one more email with a link to this address, asked for by this person: 0.0, or the seconds to wait."""
    return _take_all((resets(), joined("mail", email.casefold())), (resets(), joined("asking", person_id)))


def _take_all(*wanted: tuple[Buckets, BucketKey]) -> float:
    """Take a token from each of these buckets. If one is empty, take none and return its wait in seconds."""
    for number, (buckets, key) in enumerate(wanted):
        if wait := buckets.take(key):
            for taken, its_key in wanted[:number]:
                taken.give_back(its_key)
            return wait
    return 0.0


def posts(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of posts, by person."""
    burst = whole_share(settings.CHAT_POSTS_BURST, kind)
    return _buckets(_purpose("posts", kind), share(settings.CHAT_POSTS_PER_SECOND, kind), burst)


def posts_by_address() -> Buckets:
    """Return the limit of posts by everyone behind an address, by its `network_of`."""
    per_second = settings.CHAT_POSTS_PER_ADDRESS
    return _buckets("posts_by_address", per_second, int(ADDRESS_BURST_SECONDS * per_second))


def rooms(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of rooms created, by person."""
    per_hour = whole_share(settings.CHAT_ROOMS_PER_HOUR, kind)
    return _buckets(_purpose("rooms", kind), per_hour / 3600, per_hour)


def rooms_by_address() -> Buckets:
    """Return the limit of rooms created by everyone behind an address, by its `network_of`."""
    per_hour = settings.CHAT_ROOMS_PER_ADDRESS
    return _buckets("rooms_by_address", per_hour / 3600, per_hour)


def direct(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of new direct conversations, by person."""
    per_hour = whole_share(settings.CHAT_DIRECT_PER_HOUR, kind)
    if kind is AccountKind.GUEST:
        per_hour = min(per_hour, GUEST_DIRECT_PER_HOUR)
    return _buckets(_purpose("direct", kind), per_hour / 3600, per_hour)


def direct_by_address() -> Buckets:
    """Return the limit of new conversations of all guests behind an address, by its `network_of`."""
    per_hour = GUESTS_BY_ADDRESS * GUEST_DIRECT_PER_HOUR if settings.CHAT_DIRECT_PER_HOUR else 0
    return _buckets("direct_by_address", per_hour / 3600, per_hour)


def first_contacts() -> Buckets:
    """Return the limit of new conversations with people who are in no room with the person, by person."""
    per_hour = FIRST_CONTACTS_PER_HOUR if settings.CHAT_DIRECT_PER_HOUR else 0
    return _buckets("first_contacts", per_hour / 3600, per_hour)


def lookups(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of searches for people, by person. It is that of searches, and counts by itself."""
    per_minute = whole_share(settings.CHAT_SEARCHES_PER_MINUTE, kind)
    return _buckets(_purpose("lookups", kind), per_minute / 60, per_minute)


def floods() -> Buckets:
    """Return the limit of sockets closed for flooding, by person. Otherwise a reconnect would reset the flood limit."""
    return _buckets("floods", 1 / 30 if settings.CHAT_FRAMES_PER_SECOND else 0.0, 3)


def take_control_frame(person_id: int, address: str, *, kind: AccountKind) -> bool:
    """Count a ping, pong or message fragment, and return whether it is within the limits.

    It counts for the person and, if that is a guest, for all guests behind the address.
    """
    if control_frames(kind).take(person_id):
        return False
    return not (kind is AccountKind.GUEST and control_frames_by_address().take(address))


def control_frames(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of pings, pongs and message fragments, by person over all their sockets."""
    burst = whole_share(settings.CHAT_FRAMES_BURST, kind)
    return _buckets(_purpose("control_frames", kind), share(settings.CHAT_FRAMES_PER_SECOND, kind), burst)


def control_frames_by_address() -> Buckets:
    """Return the limit of such frames for all guests behind an address, by its `network_of`: new guests are free."""
    per_second, burst = settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST
    return _buckets("control_frames_by_address", GUESTS_BY_ADDRESS * per_second, GUESTS_BY_ADDRESS * burst)


def guests() -> Buckets:
    """Return the limit of new guests and accounts, by `network_of` the address."""
    return _buckets("guests", settings.CHAT_GUESTS_PER_MINUTE / 60, settings.CHAT_GUESTS_PER_MINUTE)


def searches(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of searches, by person over the page and the API."""
    per_minute = whole_share(settings.CHAT_SEARCHES_PER_MINUTE, kind)
    return _buckets(_purpose("searches", kind), per_minute / 60, per_minute)


def reports(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of reports, by person."""
    per_minute = whole_share(settings.CHAT_REPORTS_PER_MINUTE, kind)
    return _buckets(_purpose("reports", kind), per_minute / 60, per_minute)


def check_invitation(person_id: int) -> None:
    """Count one more invitation by this person, a link or someone added by name. Refuse too many."""
    _check_day(invitations().take(person_id), "invitations")


def check_join_request(person_id: int, *, kind: AccountKind) -> None:
    """Count one more request to join a room. Refuse too many."""
    _check_day(join_requests(kind).take(person_id), "requests")


def _check_day(wait: float, what: str) -> None:
    if wait:
        detail = f"Too many {what} in one day. Try again in {max(1, round(wait / 3600))} h."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)


def invitations() -> Buckets:
    """Return the limit of invitations, by person. Guests make none."""
    per_day = settings.CHAT_INVITES_PER_DAY
    return _buckets("invitations", per_day / SECONDS_PER_DAY, per_day)


def join_requests(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of requests to join, by person."""
    per_day = whole_share(settings.CHAT_INVITES_PER_DAY, kind)
    return _buckets(_purpose("join_requests", kind), per_day / SECONDS_PER_DAY, per_day)


def check_file(person_id: int, *, kind: AccountKind) -> None:
    """Count one more file by this person. Refuse too many."""
    if wait := files(kind).take(person_id):
        detail = f"Too many files in one hour. Try again in {max(1, math.ceil(wait / 60))} min."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)


def files(kind: AccountKind = AccountKind.MEMBER) -> Buckets:
    """Return the limit of uploaded files, by person."""
    per_hour = whole_share(settings.CHAT_FILES_PER_HOUR, kind)
    return _buckets(_purpose("files", kind), per_hour / 3600, per_hour)


def check_piece(person_id: int) -> None:
    """Count one more request that changes an upload. Refuse too many."""
    if wait := pieces().take(person_id):
        raise ActionError(Code.RATE_LIMITED, "Too many requests. Try again in a moment.", retry_after=wait)


def pieces() -> Buckets:
    """Return the limit of pieces of uploads, by person: 100, then 20 a second, which is 150 Mbit/s."""
    return _buckets("pieces", 20.0 if settings.CHAT_FILES_PER_HOUR else 0.0, 100)


def check_bot(person_id: int) -> None:
    """Count one more bot or webhook made by this person. Refuse too many."""
    _check_day(bots().take(person_id), "bots and webhooks")


def bots() -> Buckets:
    """Return the limit of new bots and webhooks, by person: 30 a day."""
    per_day = BOTS_PER_DAY if settings.CHAT_INVITES_PER_DAY else 0
    return _buckets("bots", per_day / SECONDS_PER_DAY, per_day)


def hooks() -> Buckets:
    """Return the limit of messages of an incoming webhook: 10, then one a second."""
    return _buckets("hooks", HOOKS_PER_SECOND if settings.CHAT_POSTS_PER_SECOND else 0.0, 10)


def check_push(person_id: int) -> None:
    """Count a change of a push subscription, or a test. Refuse too many."""
    if wait := pushes().take(person_id):
        detail = f"Too many changes. Try again in {math.ceil(wait)} s."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)


def pushes() -> Buckets:
    """Return the limit of changed push subscriptions and test pushes, by person: 10, then one every 6 s."""
    return _buckets("pushes", 1 / 6, 10)


def wrong_invitations() -> Buckets:
    """Return the limit of invitation links that don't work, by `network_of` the address: 10, then one every 6 s."""
    return _buckets("wrong_invitations", 1 / 6 if settings.CHAT_WRONG_TOKENS_PER_MINUTE else 0.0, 10)


def sign_ins() -> Buckets:
    """Return the limit of passwords tried, by `network_of` the address. Checking one takes a good part of a second."""
    return _buckets("sign_ins", settings.CHAT_SIGN_INS_PER_MINUTE / 60, 3 * settings.CHAT_SIGN_INS_PER_MINUTE)


def failures_by_source() -> Buckets:
    """Return the limit of wrong passwords by name and address, or person and browser: a burst, then one a minute."""
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_here", 1 / 60 if burst else 0.0, burst)


def failures_by_person() -> Buckets:
    """Return the limit of wrong passwords by person, over all browsers in which they have signed in.

    The burst is three times as large, then three a minute. So one browser, which may belong to someone else by now,
    cannot use it up alone.
    """
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_known", 1 / 20 if burst else 0.0, 3 * burst)


def failures_by_name() -> Buckets:
    """Return the limit of wrong passwords by name, from anywhere: a burst ten times as large, then two a minute."""
    burst = settings.CHAT_WRONG_PASSWORDS
    return _buckets("wrong_anywhere", 1 / 30 if burst else 0.0, 10 * burst)


def wrong_tokens() -> Buckets:
    """Return the limit of invalid tokens, by `network_of` the address."""
    per_minute = settings.CHAT_WRONG_TOKENS_PER_MINUTE
    return _buckets("wrong_tokens", per_minute / 60, per_minute)


def resets() -> Buckets:
    """Return the limit of emails with a link, by `network_of` the requesting address, by recipient and by person."""
    return _buckets("resets", 1 / 300 if settings.CHAT_SIGN_INS_PER_MINUTE else 0.0, 5)


def violations() -> Buckets:
    """Return the limit of content security policy reports, by `network_of` the browser's address."""
    return _buckets("violations", 1.0, 30)


# The limits that have separate buckets for guests and for bots.
BY_PERSON: tuple[Callable[[AccountKind], Buckets], ...] = (
    posts,
    rooms,
    direct,
    searches,
    lookups,
    reports,
    control_frames,
    join_requests,
    files,
)


def _purpose(name: str, kind: AccountKind) -> str:
    return name if kind is AccountKind.MEMBER else f"{name}_of_{kind}s"


# The limits that all processes share. The names are in the broadcasts between workers of two releases, so they stay.
SHARED: dict[str, Callable[[], Buckets]] = {
    **{_purpose(it.__name__, kind): functools.partial(it, kind) for it in BY_PERSON for kind in AccountKind},
    "posts_by_address": posts_by_address,
    "rooms_by_address": rooms_by_address,
    "direct_by_address": direct_by_address,
    "first_contacts": first_contacts,
    "control_frames_by_address": control_frames_by_address,
    "floods": floods,
    "guests": guests,
    "sign_ins": sign_ins,
    "wrong_here": failures_by_source,
    "wrong_known": failures_by_person,
    "wrong_anywhere": failures_by_name,
    "wrong_tokens": wrong_tokens,
    "resets": resets,
    "bots": bots,
    "hooks": hooks,
    "invitations": invitations,
    "wrong_invitations": wrong_invitations,
    "pushes": pushes,
    "pieces": pieces,
}


@functools.lru_cache(maxsize=10_000)  # cached, because it is called for every request and connection
def network_of(address: str) -> str:
    """Return the network that counts as one address: an IPv4 address, or the /64 that one IPv6 customer has."""
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
    """Return one key for all of `parts`. It is a digest, so it is short and does not reveal a name."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def spent() -> dict[str, list[Taken]]:
    """Return the tokens taken in this process since the last call, as (key, tokens) by purpose."""
    return {purpose: taken for purpose, buckets in SHARED.items() if (taken := buckets().spent())}


def charge(spent: Mapping[str, Iterable[Any]]) -> None:
    """Take from the buckets here the tokens that another process took from its own. Skip entries of an unknown form."""
    for purpose, buckets in SHARED.items():
        for entry in spent.get(purpose, ()):
            if (taken := _read(entry)) is not None:
                buckets().charge(*taken)
            else:
                _log_unreadable(purpose)


def _read(entry: Any) -> Taken | None:
    """Return the key and the tokens of an entry from another process, or None for an unknown form."""
    match entry:
        case [str() | int() as key, int() as tokens]:
            return key, tokens
        case [[*parts], int() as tokens] if all(isinstance(part, BucketKey) for part in parts):
            return joined(*parts), tokens  # from the release before, which has keys of several parts
    return None


@functools.cache  # once for each purpose: a worker that sends one such entry sends many
def _log_unreadable(purpose: str) -> None:
    log.warning("Ignored an update of a rate limit (%s) from another worker. It has an unknown format.", purpose)


def reset() -> None:
    """Fill all buckets."""
    _buckets.cache_clear()


@functools.cache
def _buckets(purpose: str, rate_per_second: float, burst: int) -> Buckets:
    """Return the buckets of one purpose and one pair of settings. A changed setting gets new buckets."""
    return Buckets(rate_per_second, burst)
