"""Blocking people, and what a block refuses."""

from collections.abc import Collection

from django.db import transaction

from chat import broadcast, direct_rooms, member_list
from chat.actions.presence import check_generation
from chat.errors import ActionError
from chat.models import Block, Person, RoomHead
from chat.protocol import Code

MAX_BLOCKS = 1000
# Of the code that knows direct conversations and blocks.
GENERATION = 2
# Both sides get this. It does not say who has blocked whom.
BLOCKED = "You can’t send messages in this conversation."
NO_SUCH_PERSON = "There is no such person."


def block(person: Person, other_id: int) -> None:
    """Block someone. They cannot write to the person in a conversation of two, nor notify them. A repeat is nothing.

    Refuse someone whom the person cannot find, and more than `MAX_BLOCKS`.
    """
    if other_id == person.pk:
        raise ActionError(Code.CONFLICT, "You can’t block yourself.")
    check_generation(GENERATION)
    if not member_list.findable_by(person).filter(pk=other_id).exists():
        raise ActionError(Code.NOT_FOUND, NO_SUCH_PERSON)
    if Block.objects.filter(person=person).count() >= MAX_BLOCKS:
        raise ActionError(Code.CONFLICT, f"You can block at most {MAX_BLOCKS:,} people.")
    with transaction.atomic():
        # A message that is on its way is stored before the block, or else refused.
        log = RoomHead.objects.filter(room__direct_key=direct_rooms.key_of((person.pk, other_id)))
        log.select_for_update(no_key=True, of=("self",)).first()
        Block.objects.bulk_create([Block(person=person, blocked_id=other_id)], ignore_conflicts=True)
        broadcast.publish_moved(people=(person.pk, other_id))
        broadcast.publish(broadcast.access_moved())


def unblock(person: Person, other_id: int) -> None:
    """End a block. If there is none, nothing changes."""
    with transaction.atomic():
        if Block.objects.filter(person=person, blocked=other_id).delete()[0]:
            broadcast.publish_moved(people=(person.pk, other_id))
            broadcast.publish(broadcast.access_moved())


def check(person: Person, others: Collection[int]) -> None:
    """Refuse if the person has blocked one of the others, or is blocked by one."""
    if Block.among([person.pk], others) or Block.among(others, [person.pk]):
        raise ActionError(Code.FORBIDDEN, "You can’t send direct messages to this person.")
