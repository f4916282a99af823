"""The SQL statements of a batch. Their number does not depend on how many commands it holds."""

from django.db.models import Q, Subquery

from chat.db.compiled_queries import BulkUpdate, CompiledQuery, Insert, ParamList
from chat.models import Epoch, Membership, Mention, Message, Person, Room, RoomHead

_AMONG_ROOMS = Q(pk__in=ParamList("ids", Room._meta.pk))
PEOPLE_BY_ID = CompiledQuery(lambda: Person.objects.filter(pk__in=ParamList("ids", Person._meta.pk)))
HEADS = CompiledQuery(lambda: RoomHead.objects.select_related("room").filter(_AMONG_ROOMS).order_by("pk"))
ROOMS = CompiledQuery(lambda: Room.objects.filter(_AMONG_ROOMS))
# With the epoch, which the published event needs.
LOCKED_HEADS = CompiledQuery(
    lambda: (
        RoomHead.objects.select_related("room")
        .annotate(epoch=Subquery(Epoch.objects.filter(pk=1).values("value")))
        .select_for_update(no_key=True, of=("self",))
        .filter(_AMONG_ROOMS)
        .order_by("pk")
    )
)
MEMBERSHIPS = CompiledQuery(
    lambda: Membership.objects.filter(
        person_id__in=ParamList("people", Person._meta.pk), room_id__in=ParamList("rooms", Room._meta.pk)
    )
)
EARLIER_POSTS = CompiledQuery(
    lambda: Message.objects.with_author().filter(
        author_id__in=ParamList("people", Person._meta.pk),
        client_id__in=ParamList("client_ids", Message._meta.get_field("client_id")),
    )
)

# Most batches have nothing for the last column. Then no value of it is bound.
INSERT_MESSAGES = Insert(Message, without=["text_rev", "has"])
INSERT_MESSAGES_WITH_PARTS = Insert(Message, without=["text_rev"])
INSERT_MENTIONS = Insert(Mention)

_MEMBERSHIPS, _HEADS = Membership._meta.db_table, RoomHead._meta.db_table
# Written by hand, because Django's `bulk_update` took longer to build its statement than the rest of the transaction
# took. Rows are (position, id, position, whether it may go back). They are locked in the order of their ids.
UPDATE_READ_POSITIONS = BulkUpdate(
    f"UPDATE {_MEMBERSHIPS} SET read_seq = %s WHERE id = %s AND (read_seq < %s OR %s)",  # noqa: S608
    f"""
    UPDATE {_MEMBERSHIPS} SET read_seq = moved.to_seq FROM (
        SELECT {_MEMBERSHIPS}.id, given.to_seq, given.above, given.back
        FROM {_MEMBERSHIPS}
        JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[]) AS given (to_seq, id, above, back)
            ON {_MEMBERSHIPS}.id = given.id
        ORDER BY {_MEMBERSHIPS}.id
        FOR NO KEY UPDATE OF {_MEMBERSHIPS}
    ) AS moved
    WHERE {_MEMBERSHIPS}.id = moved.id AND (read_seq < moved.above OR moved.back)
    """,  # noqa: S608
)
# Rows are (seq, rev, when, when someone last wrote @room, room). They are locked already.
UPDATE_HEADS = BulkUpdate(
    f"UPDATE {_HEADS} SET seq = %s, rev = %s, active_at = %s, room_mention_at = %s WHERE room_id = %s",  # noqa: S608
    f"""
    UPDATE {_HEADS}
    SET seq = moved.seq, rev = moved.rev, active_at = moved.active_at, room_mention_at = moved.room_mention_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
        AS moved (seq, rev, active_at, room_mention_at, room_id)
    WHERE {_HEADS}.room_id = moved.room_id
    """,  # noqa: S608
)
