"""Mail that is sent while nobody waits for it: how long an answer takes does not tell whether there was one to send."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

log = logging.getLogger(__name__)

# Beyond this many the server for mail is away, and what is asked for by hand is better asked for again.
MAX_WAITING = 1000

# At the end of the process what waits is still sent.
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()


def later(send: Callable[[], None]) -> None:
    """Call `send`, after what waits already. It logs its own failure, or it is logged here."""
    if len(_waiting) >= MAX_WAITING:
        log.error("Dropped an email. The queue is full: %s emails.", MAX_WAITING)
        return
    sending = _sender.submit(send)
    _waiting.add(sending)
    sending.add_done_callback(_sent)


def wait() -> None:
    """Until everything is sent."""
    wait_for(set(_waiting))


def _sent(sending: Future[None]) -> None:
    _waiting.discard(sending)
    if error := sending.exception():
        log.error("Could not send an email.", exc_info=error)
