"""The scan of uploaded files by the program of CHAT_SCAN_COMMAND, such as that of a virus scanner."""

import os
import subprocess
from pathlib import Path

from django.conf import settings

SCAN_SECONDS = 120.0
FOUND = 1
REFUSED = "The virus scanner of this site refuses this file."
# The scanner gets these variables only. The others contain secrets.
VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")


class ScanFailed(Exception):
    """The scanner did not say whether the file is clean. Another attempt may succeed."""


def is_clean(path: Path) -> bool:
    """Return whether the scanner finds nothing in a file, or there is no scanner. Raise ScanFailed if it doesn't tell.

    The command is run without a shell, and its only argument that depends on the file is `path`.
    """
    if not settings.CHAT_SCAN_COMMAND:
        return True
    command = [it.replace("{}", str(path)) for it in settings.CHAT_SCAN_COMMAND]
    environment = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 (the operator's command)
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, timeout=SCAN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScanFailed(f"CHAT_SCAN_COMMAND: {error}") from error
    if done.returncode not in (0, FOUND):
        raise ScanFailed(f"CHAT_SCAN_COMMAND ended with exit code {done.returncode}.")
    return done.returncode == 0
