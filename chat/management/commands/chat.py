"""`manage.py chat`: the terminal client, for those who have the site at hand."""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from chat.terminal.main import main


class Command(BaseCommand):
    help = "Terminal client for the chat: talk at a prompt, or post and follow from scripts."

    def run_from_argv(self, argv: list[str]) -> None:
        """The client's own options, as in `python -m chat.terminal`, and not Django's, which mean nothing to it."""
        raise SystemExit(main(argv[2:], f"{Path(argv[0]).name} {argv[1]}"))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*")

    def handle(self, *, arguments: Sequence[str], **options: object) -> None:
        """For `call_command("chat", …)`."""
        raise SystemExit(main(arguments, "chat"))
