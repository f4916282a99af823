"""Admission control: a limit on the handshakes in progress, so that those under it are answered soon.

It matters when all clients of a server that died come back at once.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

from chat.delivery.admission.access import AdmissionRefused
from chat.errors import BUSY
from chat.protocol import Close, Code

log = logging.getLogger(__name__)

# Behind more than these, a client would time out and come back, and the server would work only for clients that left.
MAX_ENTERING = 5000
# The others are refused with a retry delay between these.
RETURN_SECONDS = (1.0, 5.0)


class AdmissionLimit:
    def __init__(self) -> None:
        self._entering = 0
        self._is_overloaded = False

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot while a handshake is admitted. Raises AdmissionRefused when all are taken."""
        if self._entering >= MAX_ENTERING:
            self._log_overload()
            delay = round(random.uniform(*RETURN_SECONDS), 2)  # noqa: S311
            raise AdmissionRefused(Code.UNAVAILABLE, BUSY, Close.DRAINING, retry_after=delay)
        self._entering += 1
        try:
            yield
        finally:
            self._entering -= 1
            self._is_overloaded = self._is_overloaded and self._entering > 0

    def _log_overload(self) -> None:
        """Log the overload once, however many are refused."""
        if not self._is_overloaded:
            self._is_overloaded = True
            log.warning(
                "More than %d connections are being admitted. Others are asked to try again later.", MAX_ENTERING
            )
