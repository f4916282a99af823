"""The log lines as a log collector reads them."""

import json
import logging
from contextlib import contextmanager

from chat.telemetry import logs


@contextmanager
def collected(level=logging.INFO):
    """Collect the lines, as objects, that the chat and Django log."""
    lines = []

    class Collect(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(logs.JsonFormatter().format(record)))

    handler, loggers = Collect(), [logging.getLogger(name) for name in ("chat", "chat.access", "django")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(level)
    for logger in (loggers[0], loggers[2]):
        logger.addHandler(handler)
    try:
        yield lines
    finally:
        for logger, before in zip(loggers, levels, strict=True):
            logger.setLevel(before)
            logger.removeHandler(handler)
