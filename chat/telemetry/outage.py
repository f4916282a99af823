"""Outages of a service that this process needs: each is logged once when it begins and once when it ends."""

import logging


class Outage:
    """The state of one service. `what` names it in the log line, `meanwhile` is a sentence about the effect."""

    def __init__(self, log: logging.Logger, what: str, meanwhile: str):
        self._log, self._what, self._meanwhile = log, what, meanwhile
        self.is_on = False

    def begin(self, error: Exception) -> bool:
        """Note an error. Return whether it begins an outage, rather than continuing one."""
        begins, self.is_on = not self.is_on, True
        if begins:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            self._log.warning("%s is unavailable (%s). %s.", self._what, reason, self._meanwhile)
        return begins

    def end(self) -> None:
        if self.is_on:
            self.is_on = False
            self._log.warning("%s is available again.", self._what)
