"""Tasks that tests enqueue. `calls` are the arguments of each call."""

import threading
from pathlib import Path

from django_tasks import task

from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.actions.jobs.writes import write

calls = []


@task()
def add(one, other=0):
    calls.append((one, other))
    return one + other


@task(takes_context=True)
def attempt(context):
    return context.attempt


@task()
def fail():
    raise LookupError("nothing here")


# Its failure must not be the last one: that is logged, and pytest-xdist cannot send such a log.
@task()
def fail_with_odd_text():
    raise LookupError("nothing \0 here \ud800")


@task()
def wait():
    try:
        raise ConnectionError("https://push.example.org/a-secret")
    except ConnectionError:
        raise RetryLater(90, "The service is busy.")  # noqa: B904


@task()
def give_up():
    raise GiveUp("The address is gone.")


@task(queue_name="mail")
def send():
    raise OSError("Nobody knows whether it was sent.")


@task(queue_name="http")
def push(number):
    calls.append(number)


@task(queue_name="mail")
def mail(number):
    calls.append(number)


# `block` waits for this.
goes_on = threading.Event()


@task()
def block():
    goes_on.wait(10)


@task()
def writes_in():
    """Return the thread that runs the task, and the one that runs its writes."""
    return [threading.current_thread().name, write(threading.current_thread).name]


@task()
def hold(folder, name):
    """Note the call in a file, then hang unless the folder has a file `go`."""
    hold_here(folder, name)


@task(queue_name="mail")
def hold_mail(folder, name):
    hold_here(folder, name)


def hold_here(folder, name):
    with (Path(folder) / name).open("a") as file:
        file.write("called\n")
    if not (Path(folder) / "go").exists():
        threading.Event().wait()
