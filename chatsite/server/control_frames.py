"""The rate limit of frames that are not whole messages: pings, unsolicited pongs and message fragments.

Commands are counted when they are executed. These frames never get that far, so they are counted when they are read.
"""

from collections.abc import Callable

from django.conf import settings

# Takes one frame from the person's limit and returns whether it was within the limit.
Take = Callable[[], bool]

# The frames that a connection may send before the person is known. Programs send a ping now and then, browsers send
# none. A client that reconnects again and again must not be able to send much before each refusal.
EARLY_FRAMES = 64

REASON = "Too many pings, pongs or parts of messages."


class FrameLimit:
    """Counts the frames of one connection: on its own at first, then by the person's limit."""

    def __init__(self) -> None:
        self._early = 0
        self._take: Take | None = None

    def take(self) -> bool:
        """Count a frame. Return False if it exceeds the limit; the connection must then be closed with 1008."""
        if self._take is not None:
            return self._take()
        self._early += 1
        return not settings.CHAT_FRAMES_PER_SECOND or self._early <= EARLY_FRAMES

    def count_by(self, take: Take) -> bool:
        """Use `take` from now on, and count the earlier frames by it. Return False if they exceed the limit."""
        self._take = take
        return all(take() for _ in range(self._early))
