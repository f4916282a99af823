"""Kept rows are those that the actions create."""

from datetime import timedelta

from django.db import transaction
from django.forms import model_to_dict
from django.utils import timezone

from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
from chat.models import Membership, Person, Room, RoomHead
from tests import kept_rows
from tests.cast import PASSWORD

MODELS = (Person, Room, RoomHead, Membership)
# The other values are the same each time, but for those of `TIMES`, which are those of the moment.
KEYS = {"id", "person_id", "room_id", "created_by_id"}
TIMES = {"date_joined", "created_at", "joined_at", "active_at"}


def made():
    """Return what a person and their room are in the database, and the models as a test has them."""
    dora = kept_rows.person("dora", lambda: sign_up("dora", PASSWORD))
    yard = kept_rows.room("yard", lambda: create_room(dora, "Yard"), dora)
    assert Room.created_by.is_cached(yard), "or a test would count one query more"
    assert Room.head.is_cached(yard)
    for it in (dora, yard, yard.head):
        assert model_to_dict(it) == model_to_dict(type(it).objects.get(pk=it.pk))
    assert (yard.created_by, yard.head.room, list(yard.memberships.values_list("person", "role"))) == (
        dora,
        yard,
        [(dora.pk, "owner")],
    )
    rows = [row for model in MODELS for row in model.objects.values()]
    times = {value for row in rows for name, value in row.items() if name in TIMES and name != "active_at"}
    return [{name: value for name, value in row.items() if name not in KEYS | TIMES} for row in rows], max(times)


def test_a_person_and_a_room_are_the_same_again_but_for_their_keys_and_times(db):
    with transaction.atomic():
        first, began = made()
        transaction.set_rollback(True)
    sign_up("someone else", PASSWORD)  # who takes the keys
    Person.objects.filter(name="someone else").delete()
    again, later = made()
    assert again == first
    assert began < later < timezone.now() + timedelta(seconds=1)
