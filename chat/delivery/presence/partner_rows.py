"""The rows behind presence: people's direct conversations, and the blocks between them."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Q

from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Block, Membership, Person


class Partners(NamedTuple):
    """The people who see that a person is online, and the ids of the conversations that one of their people has closed.

    People see each other if both have a direct conversation open, and no block is between them.
    """

    people: frozenset[int] = frozenset()
    closed_rooms: frozenset[int] = frozenset()


NO_ONE = Partners()
_PEOPLE = ParamList("people", Person._meta.pk)
CONVERSATIONS = CompiledQuery(
    lambda: (
        Membership.objects.current()
        .filter(
            room__in=Membership.objects.current()
            .filter(person__in=_PEOPLE, room__direct_key__isnull=False)
            .values("room")
        )
        .values_list("room_id", "person_id", "closed_seq", "room__head__seq")
    )
)
BLOCKS = CompiledQuery(
    lambda: Block.objects.filter(Q(person__in=_PEOPLE) | Q(blocked__in=_PEOPLE)).values_list("person_id", "blocked_id")
)


def partners_of(people: Collection[int]) -> dict[int, Partners]:
    """Return the partners of each of these people. One query, and two if any of them has direct conversations.

    Presence is mutual, so that people know who sees that they are online: those in the conversations that they list.
    Therefore a conversation that one of two has closed shows nothing to the other either, until there is a message. A
    block hides both people from each other. A conversation without messages is open for no one.
    """
    partners: dict[int, set[int]] = {person_id: set() for person_id in people}
    closed: dict[int, set[int]] = {person_id: set() for person_id in people}
    members: defaultdict[int, set[int]] = defaultdict(set)
    present: defaultdict[int, set[int]] = defaultdict(set)
    for room_id, person_id, closed_seq, seq in CONVERSATIONS.rows(people=people):
        members[room_id].add(person_id)
        if seq > (closed_seq or 0):
            present[room_id].add(person_id)
    for room_id, here in members.items():
        for person_id in here & partners.keys():
            if person_id in present[room_id]:
                partners[person_id] |= present[room_id] - {person_id}
            if here != present[room_id]:
                closed[person_id].add(room_id)
    if any(partners.values()):
        for one, other in BLOCKS.rows(people=people):
            partners.get(one, set()).discard(other)
            partners.get(other, set()).discard(one)
    return {it: Partners(frozenset(partners[it]), frozenset(closed[it])) for it in people}
