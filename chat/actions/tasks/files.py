"""The task that removes the objects of files whose rows are gone."""

from django_tasks import task

from chat.files import storage


@task()
def remove_objects(keys: list[str]) -> None:
    """Remove everything that the storage has of the files with these keys. If it is away, the job is repeated."""
    for key in keys:
        storage.remove_all(key)
