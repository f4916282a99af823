"""The command-line options."""

import argparse
import os
from collections.abc import Sequence

from chat.protocol import MAX_HISTORY
from chat.terminal.address import DEFAULT

DESCRIPTION = """\
Terminal client for the chat. In a terminal it shows the room above a prompt; type /help there for the commands.
In a pipe it posts each line of its input, and the exit code tells whether all of them were saved."""

EPILOG = """\
examples:
  %(prog)s --name ada                                 the lobby of the server on this computer
  %(prog)s https://chat.example.org/rooms/ops/        a room, by its URL
  echo deploy done | %(prog)s --room ops --name deploy
  git log -1 | %(prog)s --room ops --whole
  %(prog)s --room ops --follow --json | jq -r .body

exit codes: 0 success, 2 invalid options, 3 no answer in time, 4 access denied, 5 message rejected, 6 not a chat server,
7 input or output error"""


def parse(arguments: Sequence[str] | None = None, program: str | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        program, description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _add_target(parser)
    _add_person(parser)
    _add_tool(parser)
    return parser.parse_args(arguments)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url",
        nargs="?",
        default=_variable("CHAT_URL") or DEFAULT,
        help=f"URL of a site or a room (default: $CHAT_URL, or {DEFAULT})",
    )
    parser.add_argument("--room", help="room (default: the one in the URL, or lobby)")
    parser.add_argument(
        "--history",
        type=_number,
        metavar="N",
        help="show the newest N messages first, up to 200 (default at a prompt: 50)",
    )
    parser.add_argument(
        "--bell", action="store_true", help="at a prompt, ring for messages of other rooms that notify you"
    )


def _add_person(parser: argparse.ArgumentParser) -> None:
    who = parser.add_argument_group("identity", "Your sign-in is remembered per site and name.")
    who.add_argument(
        "--name", default=_variable("CHAT_NAME"), help="your name; a new name joins as a guest (default: $CHAT_NAME)"
    )
    who.add_argument(
        "--password",
        nargs="?",
        const="",
        default=_variable("CHAT_PASSWORD"),
        help="sign in with a password; without PASSWORD, asks for it (default: $CHAT_PASSWORD)",
    )
    who.add_argument("--token", default=_variable("CHAT_TOKEN"), help="access token (default: $CHAT_TOKEN)")


def _add_tool(parser: argparse.ArgumentParser) -> None:
    tool = parser.add_argument_group("scripting")
    tool.add_argument("--whole", action="store_true", help="post the whole input as one message")
    tool.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="PATH",
        help="upload a file and post it, with the whole input as its message; can be repeated",
    )
    tool.add_argument("--follow", action="store_true", help="print what happens in the room until interrupted")
    tool.add_argument("--json", action="store_true", help="print one JSON object per message")
    tool.add_argument("--since", metavar="CURSOR", help="first print what happened after CURSOR")
    tool.add_argument(
        "--print-cursor",
        action="store_true",
        help="print a cursor at the end, to resume from with --since (stdout; with --follow, stderr)",
    )
    tool.add_argument(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="seconds to wait for a response before giving up (default: 30)",
    )


def _variable(name: str) -> str | None:
    """Return an environment variable, or None if it is empty or missing."""
    return os.environ.get(name) or None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MAX_HISTORY):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {MAX_HISTORY}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return seconds
