"""Tasks that process uploads, and pictures of profiles. They may run twice."""

from django_tasks import task

from chat.actions.files import avatars, processing


@task(queue_name="media")
def process_file(file_id: int) -> None:
    """Make a complete upload ready, or refused: join its pieces, find out what it is, and re-encode pictures."""
    processing.process(file_id)


@task(queue_name="media")
def make_avatar(person_id: int, file_id: int) -> None:
    """Make the picture of a profile from an upload."""
    avatars.make(person_id, file_id)
