"""Daphne's development server. It prints the URL last, when it accepts connections."""

import functools
from typing import Any

from daphne.management.commands.runserver import Command as DaphneRunserver

from chat.adapters.daphne import Server


class Command(DaphneRunserver):
    help = DaphneRunserver.help

    def inner_run(self, *args: Any, **options: Any) -> None:
        self.server_cls = functools.partial(Server, ready_callable=self._say_address)
        super().inner_run(*args, **options)

    def _say_address(self) -> None:
        host = f"[{self.addr}]" if ":" in self.addr else self.addr
        host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - an address to open, not to bind
        self.stdout.write(self.style.SUCCESS(f"Open http://{host}:{self.port}/ in your browser"))
        self.stdout.flush()  # a pipe or a log would buffer the text
