"""The task that turns a complete upload into a file that is ready, or refused. It may run twice."""

from django_tasks import task

from chat.actions.files import processing


@task(queue_name="media")
def process_file(file_id: int) -> None:
    """Join the pieces of an upload, find out what it is, and re-encode pictures."""
    processing.process(file_id)
