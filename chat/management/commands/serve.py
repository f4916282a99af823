"""`manage.py serve`: run the site under uvicorn with the required options. No other place lists them."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

APPLICATION = "chatsite.asgi:application"
OPTIONS = (
    "--http=chatsite.http:Http",
    "--ws=chatsite.websocket:WebSocket",
    # TRUSTED_PROXIES is the only list of proxies.
    "--no-proxy-headers",
    "--no-server-header",
    "--timeout-graceful-shutdown=5",
    # The default replaces a worker that is busy for some seconds, and one that is still starting.
    "--timeout-worker-healthcheck=30",
)


def uvicorn_command(*options: str) -> list[str]:
    """Return the command line of the server. If an option is given twice, uvicorn uses the last one."""
    return [sys.executable, "-m", "uvicorn", APPLICATION, *OPTIONS, *options]


class Command(BaseCommand):
    help = "Run the site under uvicorn. Further options of uvicorn may follow after --, as in: serve -- --uds PATH"
    # Start even if a check fails, as the server does without this command. Use `manage.py check` before.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        workers = os.environ.get("WEB_CONCURRENCY") or "1"
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default: %(default)s)")
        parser.add_argument(
            "--workers",
            type=int,
            default=workers,
            help="the number of processes; more than one need REDIS_URL (default: WEB_CONCURRENCY, or 1)",
        )
        parser.add_argument("options", nargs="*", metavar="OPTION", help="an option of uvicorn")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the server, which keeps the process id, signals and file descriptors."""
        from chatsite.config.environment import AT_START  # the settings have loaded it before

        command = uvicorn_command(
            f"--app-dir={settings.BASE_DIR}",
            *(f"--{name}={options[name]}" for name in ("host", "port", "workers")),
            *options["options"],
        )
        os.execve(command[0], command, AT_START)  # noqa: S606 - no shell is wanted
