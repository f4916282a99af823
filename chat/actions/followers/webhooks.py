"""The follower that finds the messages for outgoing webhooks, and adds a delivery for each."""

from collections.abc import Iterable

from chat.actions import webhook_deliveries
from chat.actions.followers import cursors
from chat.actions.followers.cursors import Change, Step
from chat.models import Mention, Message, OutgoingWebhook, WebhookDelivery
from chat.models.webhooks import WebhookEvent

NAME = "webhooks"
NONE_IS_ON = f"NOT EXISTS (SELECT 1 FROM {OutgoingWebhook._meta.db_table} WHERE disabled_at IS NULL)"  # noqa: S608


def is_wanted() -> bool:
    """Return whether any webhook is on."""
    return OutgoingWebhook.objects.filter(disabled_at=None).exists()


def skip_if_unwanted() -> None:
    """Move the cursors to the heads if no webhook is on. A webhook begins with new messages."""
    cursors.skip(NAME, NONE_IS_ON)


def plan(step: Step) -> list[WebhookDelivery]:
    """Return the deliveries for a step. One query in a room without webhooks, otherwise up to three."""
    hooks = list(OutgoingWebhook.objects.of_room(step.room_id))
    # Imported messages have no fingerprint.
    changes = {it.seq: it for it in step.changes if it.author_id is not None and it.fingerprint}
    if not hooks or not changes:
        return []
    rows = Message.objects.filter(room=step.room_id, seq__in=changes).select_related("author").order_by("rev")
    mentions = Mention.objects.filter(room=step.room_id, seq__in=changes, person__in={it.bot_id for it in hooks})
    named: set[tuple[int | None, int]] = set(mentions.values_list("person_id", "seq"))
    return list(_deliveries(step, hooks, rows, changes, named))


def _deliveries(
    step: Step,
    hooks: list[OutgoingWebhook],
    rows: Iterable[Message],
    changes: dict[int, Change],
    named: set[tuple[int | None, int]],
) -> Iterable[WebhookDelivery]:
    for row in rows:
        event = _event(step, changes[row.seq], row)
        for hook in hooks:
            is_named = (hook.bot_id, row.seq) in named
            if event in hook.events and _concerns(hook, row, is_named=is_named):
                yield WebhookDelivery(webhook=hook, event=event, room_id=step.room_id, seq=row.seq)


def _event(step: Step, change: Change, row: Message) -> WebhookEvent:
    """Return what has happened since the cursor, as one event. `row` may be newer than the change."""
    if row.is_deleted:
        return WebhookEvent.DELETED
    if step.is_new(change):
        return WebhookEvent.MESSAGE
    if (row.text_rev or 0) > step.before[0]:
        return WebhookEvent.EDITED
    return WebhookEvent.CHANGED


def _concerns(hook: OutgoingWebhook, row: Message, *, is_named: bool) -> bool:
    """Return whether a webhook is told of a message. Two bots could answer each other without end, so they must name.

    A webhook begins with the messages that are posted after it was made.
    """
    assert row.author is not None
    if row.author_id == hook.bot_id or row.created_at < hook.created_at:
        return False
    if is_named or not (row.author.is_bot or hook.words):
        return True
    return not row.author.is_bot and row.body.lower().startswith(tuple(word.lower() for word in hook.words))


def write(step: Step, deliveries: list[WebhookDelivery]) -> None:
    """Add the deliveries with their tasks, and move the cursor."""
    cursors.finish(step, webhook_deliveries.add, deliveries)
