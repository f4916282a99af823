"""A loopback heartbeat that tells whether the channel layer works: this process broadcasts beats to itself.

A layer may accept everything and deliver nothing, without an error: a subscription broke, or the layer forgot a member.
Only a message that arrives proves that the layer delivers.
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
# Beats sent and not received at which the layer counts as down.
MISSING_BEATS = 3


class LayerHealth:
    """The state of the layer, from its beats.

    `send(group, event)` publishes. `on_loss` is called when broadcasts may have been lost, `renew` to join all
    groups again.
    """

    def __init__(
        self,
        own_group: str,
        send: Callable[[str, Event], None],
        on_loss: Callable[[], None],
        renew: Callable[[], None],
    ):
        self.own_group = own_group
        self._send, self._on_loss, self._renew = send, on_loss, renew
        self._outage = Outage(log, "The channel layer", "Messages are found by the head check, up to two seconds late")
        self._sent = self._received = 0
        # An outage ends when a later beat has arrived and the failing group (maybe on another Redis) takes messages.
        self._last_before_outage = 0
        self._failing_group: str | None = None

    @property
    def is_up(self) -> bool:
        return not self._outage.is_on

    async def beat(self) -> None:
        if self._sent - self._received >= MISSING_BEATS:
            self.note_failure(TimeoutError("published messages do not arrive"))
        if self._outage.is_on:
            self._renew()
        self._sent += 1
        beat = {"type": BEAT, "hub": self.own_group, "number": self._sent, "sent": time.perf_counter()}
        if self._failing_group not in (None, self.own_group):
            self._send(str(self._failing_group), beat)
        self._send(self.own_group, beat)

    def receive_beat(self, beat: Event) -> None:
        """Take a beat that arrived. It may be late, a duplicate, or another process's."""
        number: int = beat["number"]
        if beat["hub"] != self.own_group or number <= self._received:
            return
        counts.layer_seconds.observe(time.perf_counter() - beat["sent"])
        if number > self._received + 1:
            self._on_loss()  # beats were lost, so broadcasts sent between them may be lost, too
        self._received = number
        if self._outage.is_on and number > self._last_before_outage and self._failing_group is None:
            self._outage.end()
            self._renew()
            self._on_loss()

    def note_published(self, group: str) -> None:
        if group == self._failing_group:
            self._failing_group = None

    def note_failure(self, error: Exception, failing_group: str | None = None) -> None:
        """Note that the layer refused a call or did not answer in time. Each outage is logged once."""
        self._failing_group = failing_group or self._failing_group
        if self._outage.begin(error):
            counts.layer_outages += 1
            self._last_before_outage = self._sent
        self._on_loss()
