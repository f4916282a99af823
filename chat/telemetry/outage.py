"""Something this process needs and cannot reach: said once when it goes and once when it is back."""

import logging


class Outage:
    """`what` begins the sentence, `meanwhile` ends it: what it means as long as it lasts."""

    def __init__(self, log: logging.Logger, what: str, meanwhile: str):
        self._log, self._what, self._meanwhile = log, what, meanwhile
        self.is_on = False

    def begin(self, error: Exception) -> bool:
        """Whether it begins with this error, or goes on."""
        begins, self.is_on = not self.is_on, True
        if begins:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            self._log.warning("%s is unavailable (%s). %s.", self._what, reason, self._meanwhile)
        return begins

    def end(self) -> None:
        if self.is_on:
            self.is_on = False
            self._log.warning("%s is available again.", self._what)
