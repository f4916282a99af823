"""`manage.py chat`: run the terminal client in the site's environment."""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from chat.terminal.main import main


class Command(BaseCommand):
    help = "Terminal client for the chat: talk at a prompt, or post and follow from scripts."

    def run_from_argv(self, argv: list[str]) -> None:
        """Pass the arguments to the client. Django's own options do not apply to it."""
        raise SystemExit(main(argv[2:], f"{Path(argv[0]).name} {argv[1]}"))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*")

    def handle(self, *, arguments: Sequence[str], **options: object) -> None:
        """Support `call_command("chat", …)`."""
        raise SystemExit(main(arguments, "chat"))
