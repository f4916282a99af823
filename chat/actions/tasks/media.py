"""Tasks that process uploads, and pictures of profiles. They may run twice."""

from django_tasks import task
from django_tasks.base import TaskContext

from chat.actions.files import avatars, processing
from chat.actions.jobs.queue import MAX_ATTEMPTS
from chat.actions.jobs.writes import write


@task(queue_name="media", takes_context=True)
def process_file(context: TaskContext, file_id: int) -> None:
    """Make a complete upload ready, or refused: join its pieces, find out what it is, and re-encode pictures."""
    try:
        processing.process(file_id)
    except Exception:  # which the queue records
        if context.attempt >= MAX_ATTEMPTS:
            write(processing.give_up, file_id)
        raise


@task(queue_name="media")
def make_avatar(person_id: int, file_id: int) -> None:
    """Make the picture of a profile from an upload."""
    avatars.make(person_id, file_id)
