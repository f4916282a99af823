"""The follower that finds the links of new and edited messages, and enqueues a task for each preview."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from chat.actions import previews
from chat.actions.followers import cursors
from chat.actions.followers.cursors import Step
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.previews import make_preview
from chat.models import Has, Job, Message, Preview
from chat.previews.addresses import previewed_links

NAME = "previews"
LINK = int(Has.LINK)
# Messages that are older when the follower reads them get none, as after the setting was off for a while.
MAX_AGE = timedelta(hours=1)
# With more previews waiting, links get none.
MAX_WAITING = 1000

# The id of a message, and the address of its link.
WantedPreviews = list[tuple[int, str]]


def is_wanted() -> bool:
    """Return whether any message gets previews."""
    return bool(settings.CHAT_LINK_PREVIEWS != previews.OFF)


def plan(step: Step) -> WantedPreviews:
    """Return the links of the changes that get a preview. Takes no query without a link, otherwise three."""
    seqs = [it.seq for it in step.changes if it.has and it.has & LINK and it.deleted_at is None and it.fingerprint]
    if not seqs or not previews.are_wanted_in(step.visibility):
        return []
    since = timezone.now() - MAX_AGE
    is_recent = Q(seq__gt=step.before[1], created_at__gt=since) | Q(text_rev__gt=step.before[0], edited_at__gt=since)
    rows = Message.objects.filter(is_recent, room=step.room_id, seq__in=seqs, deleted_at=None)
    wanted = {(pk, url) for pk, html in rows.values_list("pk", "html") for url in previewed_links(html)}
    made = Preview.objects.filter(message__in={pk for pk, _ in wanted}).values_list("message_id", "url")
    is_busy = Job.objects.filter(task=make_preview.module_path, status=Job.State.READY).count() > MAX_WAITING
    return [] if is_busy else sorted(wanted - set(made))


def write(step: Step, wanted: WantedPreviews) -> None:
    """Enqueue the tasks, and move the cursor."""
    cursors.finish(step, _enqueue, wanted)


def _enqueue(wanted: WantedPreviews) -> None:
    for message_id, url in wanted:
        enqueue_with_commit(make_preview, message_id, url)
