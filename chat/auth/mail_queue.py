"""A queue of emails, sent in a thread. So the response time does not reveal whether an address has an account."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

log = logging.getLogger(__name__)

# A longer queue means that the mail server is down. Emails beyond it are dropped, and people ask for them again.
MAX_WAITING = 1000

# When the process exits, this pool still sends the queued emails.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()


def later(send: Callable[[], None]) -> None:
    """Queue a call of `send`. An exception from it is logged here."""
    if len(_waiting) >= MAX_WAITING:
        log.error("Dropped an email. The queue is full: %s emails.", MAX_WAITING)
        return
    sending = _sender.submit(send)
    _waiting.add(sending)
    sending.add_done_callback(_sent)


def wait() -> None:
    """Block until all queued emails are sent."""
    wait_for(set(_waiting))


def _sent(sending: Future[None]) -> None:
    _waiting.discard(sending)
    if error := sending.exception():
        log.error("Could not send an email.", exc_info=error)
