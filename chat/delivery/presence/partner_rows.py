"""The rows behind presence: people's direct conversations, and the blocks between them."""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Q

from chat import direct_rooms
from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Block, Membership, Person


class Partners(NamedTuple):
    """The people in someone's open direct conversations, without blocks, and the ids of the closed conversations."""

    people: frozenset[int] = frozenset()
    closed_rooms: frozenset[int] = frozenset()


NO_ONE = Partners()
_PEOPLE = ParamList("people", Person._meta.pk)
CONVERSATIONS = CompiledQuery(
    lambda: (
        Membership.objects.current()
        .filter(person__in=_PEOPLE, room__direct_key__isnull=False)
        .values_list("person_id", "room_id", "room__direct_key", "closed_seq", "room__head__seq")
    )
)
BLOCKS = CompiledQuery(
    lambda: Block.objects.filter(Q(person__in=_PEOPLE) | Q(blocked__in=_PEOPLE)).values_list("person_id", "blocked_id")
)


def partners_of(people: Collection[int]) -> dict[int, Partners]:
    """Return the partners of each of these people. One query, and two if any of them has direct conversations.

    A block hides both people from each other. A closed conversation is open again after a message. One without messages
    is not open, even for the person who has begun it: the other would not know who sees that they are online.
    """
    partners: dict[int, set[int]] = {person_id: set() for person_id in people}
    closed: dict[int, set[int]] = {person_id: set() for person_id in people}
    for person_id, room_id, key, closed_seq, seq in CONVERSATIONS.rows(people=people):
        if seq <= (closed_seq or 0):
            closed[person_id].add(room_id)
        else:
            partners[person_id].update(direct_rooms.ids_in(key or ""))
            partners[person_id].discard(person_id)
    if any(partners.values()):
        for one, other in BLOCKS.rows(people=people):
            partners.get(one, set()).discard(other)
            partners.get(other, set()).discard(one)
    return {it: Partners(frozenset(partners[it]), frozenset(closed[it])) for it in people}
