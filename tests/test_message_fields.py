"""Every field of a message is stored, sent, shown, exported and erased, or declared as one that is not.

A new field fails here until each of these was decided on; CONTRIBUTING says where.
"""

import uuid

from django.contrib.admin import site
from django.db import models, transaction
from django.utils import timezone

from chat import protocol, serializers
from chat.actions import fingerprints, removal
from chat.actions.batch import Batch, Request
from chat.actions.imports import log
from chat.actions.removal import ERASE, BulkRequest
from chat.exports import messages as message_export
from chat.exports import personal_data
from chat.models import Message, Person
from tests.cases import each
from tests.cast import say

FIELDS = {field.name: field for field in Message._meta.concrete_fields if not field.primary_key}
STORED_BY_A_BATCH = sorted(set(Message.CHANGEABLE) - {"rev", "fingerprint"})
# The author's export and the staff export hold all fields of a message but these.
PARTS = {"files", "previews"}
IN_NO_EXPORT = {"rev", "client_id", "fingerprint", "html", "search_text", "text_rev"}
# Of a post, what may differ between two attempts at the same message. The rest is in its fingerprint.
IN_NO_FINGERPRINT = {"ref", "client_id"}


def another(field):
    """Return a value that the field has in no message of these tests."""
    match field:
        case models.ForeignKey(related_model=model) if model is Person:
            return Person(pk=2, name="somebody else")
        case models.DateTimeField():
            return timezone.now().replace(year=2001)
        case models.UUIDField():
            return uuid.uuid4()
        case models.BooleanField():
            return not field.get_default()
        case models.IntegerField():
            return 77
        case models.CharField() | models.TextField():
            return "another"
    raise NotImplementedError(f"Give {field.name} a value here.")


def test_each_field_is_fixed_or_changeable():
    assert sorted([*Message.FIXED, *Message.CHANGEABLE]) == sorted(FIELDS)
    assert set(Message.HIDDEN) <= FIELDS.keys()


@each("name", STORED_BY_A_BATCH)
def test_a_batch_stores_each_field_that_may_change(alice, hall, name):
    say(alice, hall)
    value = another(FIELDS[name])
    with transaction.atomic():
        batch = Batch.load([Request(alice.pk, hall.pk, protocol.Delete(seq=1))])
        message = batch.message(alice, batch.rooms[hall.pk], 1)
        setattr(message, name, value)
        batch.touch(batch.rooms[hall.pk], message)
        batch.save()
    assert getattr(Message.objects.get(room=hall), name) == value


@each("name", sorted(FIELDS.keys() - {*Message.HIDDEN, "has"}))
def test_clients_get_each_field_that_is_not_hidden(name):
    def encoded(**fields):
        usual = {
            "seq": 1,
            "rev": 1,
            "author": Person(pk=1),
            "created_at": timezone.now(),
            "client_id": uuid.UUID(int=1),
        }
        return serializers.encode(serializers.message(Message(**(usual | fields))))

    now = timezone.now()
    assert encoded(created_at=now) != encoded(**({"created_at": now} | {name: another(FIELDS[name])}))


def test_message_is_read_with_exactly_the_client_fields(alice, hall):
    say(alice, hall)
    message = Message.objects.with_client_fields().get(room=hall)
    assert message.get_deferred_fields() == {FIELDS[name].attname for name in Message.HIDDEN}


def test_erasing_resets_every_changeable_field(alice, hall, django_user_model):
    chief = django_user_model.objects.create_superuser("chief", "password")
    message = say(alice, hall)
    names = [name for name in Message.CHANGEABLE if name not in ("rev", "deleted_at")]
    Message.objects.filter(pk=message.pk).update(**{name: another(FIELDS[name]) for name in names})
    removal.execute(ERASE, BulkRequest(chief), [message.pk])
    message.refresh_from_db()
    assert [getattr(message, name) for name in names] == [FIELDS[name].get_default() for name in names]
    assert message.is_erased


def test_a_persons_data_have_each_field_of_their_messages():
    own = {"author"}  # whose data these are
    assert {*personal_data.MessageExport.__struct_fields__} - PARTS == FIELDS.keys() - IN_NO_EXPORT - own


def test_a_file_of_messages_has_a_column_for_each_field():
    columns = {path.partition("_id")[0].partition("__")[0] for path in message_export.COLUMNS.values()} - {"pk"}
    assert columns == FIELDS.keys() - IN_NO_EXPORT
    assert set(message_export.PARTS) == PARTS


def test_the_admin_shows_each_field():
    [admin] = [it for it in site._registry.values() if it.model is Message]
    shown = {{"whole": "body", "answered": "reply_to", "files": "has"}.get(name, name) for name in admin.fields}
    assert shown - {"state", "reactions"} == FIELDS.keys() - {"html", "fingerprint", "search_text", "text_rev"}


def test_an_import_writes_each_field():
    assert set(log.FIELDS) == FIELDS.keys() - {"text_rev"}


def test_previous_release_can_insert_rows_without_a_new_column():
    """They name the columns that they know. Any other is null, or has a default in the database."""
    needed = {name for name, it in FIELDS.items() if not it.null and it.db_default is models.NOT_PROVIDED}
    assert needed == {"room", "seq", "rev", "client_id", "fingerprint", "body", "html", "created_at"}


def test_fingerprint_covers_each_field_of_a_post():
    usual = {"client_id": uuid.UUID(int=1), "body": "hello"}
    others = {"body": "another", "reply_to": 7, "files": ["key"]}
    assert others.keys() == set(protocol.Post.__struct_fields__) - IN_NO_FINGERPRINT
    before = fingerprints.of(1, protocol.Post(**usual))
    assert all(fingerprints.of(1, protocol.Post(**(usual | {name: it}))) != before for name, it in others.items())
