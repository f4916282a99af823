"""How many may come in at once. When all clients of a dead server come back together, those let in wait for little."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

from chat.delivery.admission.access import AdmissionRefused
from chat.errors import BUSY
from chat.protocol import Close, Code

log = logging.getLogger(__name__)

# Behind more than these a client would wait longer than its patience, and leave and come again: a server would then
# work for those alone who have just left.
MAX_ENTERING = 5000
# The others are asked to come back after a time between these.
RETURN_SECONDS = (1.0, 5.0)


class AdmissionLimit:
    def __init__(self) -> None:
        self._entering = 0
        self._is_rush = False

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Around all that it takes to let somebody in. Raises Refusal when too many are at it already."""
        if self._entering >= MAX_ENTERING:
            self._note_rush()
            delay = round(random.uniform(*RETURN_SECONDS), 2)  # noqa: S311
            raise AdmissionRefused(Code.UNAVAILABLE, BUSY, Close.DRAINING, retry_after=delay)
        self._entering += 1
        try:
            yield
        finally:
            self._entering -= 1
            self._is_rush = self._is_rush and self._entering > 0

    def _note_rush(self) -> None:
        """Said once for all who come together."""
        if not self._is_rush:
            self._is_rush = True
            log.warning(
                "More than %d connections are being admitted. Others are asked to try again later.", MAX_ENTERING
            )
