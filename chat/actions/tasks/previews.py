"""Tasks that make link previews. They may run twice, and a preview that cannot be made is left out."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

from chat.actions import previews
from chat.actions.jobs.writes import write
from chat.models import Preview
from chat.outbound import Forbidden, NoAnswer
from chat.previews import fetching

# Below those of notifications, which share the threads.
PRIORITY = -10
# Of many links to one host, those that would wait longer get no preview.
LONGEST_WAIT_SECONDS = 600.0


@task(queue_name="http", priority=PRIORITY)
def make_preview(message_id: int, url: str, has_turn: bool = False) -> None:
    """Read the page of a link and store its preview. The page is read once, for all readers of the message."""
    if previews.awaits(message_id, url) is None:
        return
    if known := previews.known(url):
        write(previews.copy, message_id, known)
    elif has_turn or _is_turn(make_preview, message_id, url):
        try:
            head = fetching.page(url)
        except (Forbidden, NoAnswer):  # a preview is not worth another attempt
            return
        preview = write(previews.store, message_id, url, head) if head else None
        if preview and head and head.picture:
            write(fetch_picture.enqueue, preview.pk, head.picture)


@task(queue_name="http", priority=PRIORITY)
def fetch_picture(preview_id: int, url: str, has_turn: bool = False) -> None:
    """Fetch the picture of a preview."""
    if not Preview.objects.filter(pk=preview_id, image=None, hidden_at=None).exists():
        return
    if has_turn or _is_turn(fetch_picture, preview_id, url):
        try:
            content = fetching.picture(url)
        except (Forbidden, NoAnswer):
            return
        if content is not None:
            write(previews.store_picture, preview_id, content)


def _is_turn(task: "Task[..., None]", pk: int, url: str) -> bool:
    """Return whether the host may be asked now. If not, enqueue the task again for its turn, unless that is too far."""
    wait = fetching.turns.take(url, LONGEST_WAIT_SECONDS)
    if wait:
        later = task.using(run_after=timezone.now() + timedelta(seconds=wait))
        write(later.enqueue, pk, url, True)
    return wait == 0
