"""Whether the channel layer works, known from beats that this process sends to itself by the way of all broadcasts.

A layer may take everything and bring nothing, without an error anywhere: a subscription broke, or a member was
forgotten. Only what comes back proves that the way is open.
"""

import logging
import time
from collections.abc import Callable

from chat.broadcast import Event
from chat.telemetry.counters import counts
from chat.telemetry.outage import Outage

log = logging.getLogger(__name__)

BEAT = "hub.beat"
BEAT_SECONDS = 1.0
# Beats on their way at which nothing seems to come back any more.
MISSING_BEATS = 3


class LayerHealth:
    """`send(group, event)` publishes; `on_trouble` is called when broadcasts may have been lost, `renew` to have all
    groups joined anew."""

    def __init__(
        self,
        own_group: str,
        send: Callable[[str, Event], None],
        on_trouble: Callable[[], None],
        renew: Callable[[], None],
    ):
        self.own_group = own_group
        self._send, self._on_trouble, self._renew = send, on_trouble, renew
        self._outage = Outage(log, "The channel layer", "Messages are found by the head check, up to two seconds late")
        self._sent = self._heard = 0
        # An outage is over when a beat after this one has come round, and the group that failed takes messages: it may
        # be at another Redis.
        self._last_before_outage = 0
        self._failing_group: str | None = None

    @property
    def is_up(self) -> bool:
        return not self._outage.is_on

    async def beat(self) -> None:
        if self._sent - self._heard >= MISSING_BEATS:
            self.note_trouble(TimeoutError("published messages do not arrive"))
        if self._outage.is_on:
            self._renew()
        self._sent += 1
        beat = {"type": BEAT, "hub": self.own_group, "number": self._sent, "sent": time.perf_counter()}
        if self._failing_group not in (None, self.own_group):
            self._send(str(self._failing_group), beat)
        self._send(self.own_group, beat)

    def hear(self, beat: Event) -> None:
        """A beat came in: late, twice, or another process's, too."""
        number: int = beat["number"]
        if beat["hub"] != self.own_group or number <= self._heard:
            return
        counts.layer_seconds.observe(time.perf_counter() - beat["sent"])
        if number > self._heard + 1:
            self._on_trouble()  # what was sent between the two may be lost like the beats that are
        self._heard = number
        if self._outage.is_on and number > self._last_before_outage and self._failing_group is None:
            self._outage.end()
            self._renew()
            self._on_trouble()

    def note_published(self, group: str) -> None:
        if group == self._failing_group:
            self._failing_group = None

    def note_trouble(self, error: Exception, failing_group: str | None = None) -> None:
        """The layer refused something, or did not answer in time. It is said once per outage."""
        self._failing_group = failing_group or self._failing_group
        if self._outage.begin(error):
            counts.layer_outages += 1
            self._last_before_outage = self._sent
        self._on_trouble()
