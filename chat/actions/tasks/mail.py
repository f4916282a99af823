"""The task that sends a notification email. It runs at most once."""

from django_tasks import task

from chat.actions.jobs.errors import GiveUp


@task(queue_name="mail")
def mail_missed(person_id: int, places: list[list[int]]) -> None:
    """Email a person what they missed in `places`, each `[room_id, after_seq, up_to_seq]`, and did not read since."""
    raise GiveUp("The site does not send emails about messages yet.")
