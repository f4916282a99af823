"""The command line."""

import argparse
import os
from collections.abc import Sequence

from chat.protocol import MAX_HISTORY
from chat.terminal.address import DEFAULT

DESCRIPTION = """\
Chat in a terminal. With a terminal on both ends it shows the room above a prompt; /help lists what the prompt takes.
Otherwise it is a Unix tool: each line of the input is posted, and the exit code says whether the last is durable."""

EPILOG = """\
examples:
  %(prog)s --name ada                                 the lobby of the site on this computer
  %(prog)s https://chat.example.org/rooms/ops/        a room, by the address of its page
  echo deploy done | %(prog)s --room ops --name deploy
  git log -1 | %(prog)s --room ops --whole
  %(prog)s --room ops --follow --json | jq -r .body

exit codes: 0 done, 2 wrong options, 3 no answer in time, 4 not admitted, 5 a message was refused, 6 no chat there,
7 the input cannot be read or the output not written"""


def parse(arguments: Sequence[str] | None = None, program: str | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        program, description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _add_place(parser)
    _add_person(parser)
    _add_tool(parser)
    return parser.parse_args(arguments)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url",
        nargs="?",
        default=_variable("CHAT_URL") or DEFAULT,
        help=f"a site or a room of it (default: CHAT_URL, or {DEFAULT})",
    )
    parser.add_argument("--room", help="the room (default: the one in the address, or lobby)")
    parser.add_argument(
        "--history", type=_number, metavar="N", help="show the newest N messages first (at a prompt: 50, up to 200)"
    )


def _add_person(parser: argparse.ArgumentParser) -> None:
    who = parser.add_argument_group("who you are", "Whoever was let in once is remembered for the site, by name.")
    who.add_argument(
        "--name", default=_variable("CHAT_NAME"), help="your name; a new one comes in as a guest (default: CHAT_NAME)"
    )
    who.add_argument(
        "--password",
        nargs="?",
        const="",
        default=_variable("CHAT_PASSWORD"),
        help="sign in; asked for where it is left out (default: CHAT_PASSWORD)",
    )
    who.add_argument("--token", default=_variable("CHAT_TOKEN"), help="a token of the site (default: CHAT_TOKEN)")


def _add_tool(parser: argparse.ArgumentParser) -> None:
    tool = parser.add_argument_group("as a Unix tool")
    tool.add_argument("--whole", action="store_true", help="post all of the input as one message")
    tool.add_argument("--follow", action="store_true", help="print what happens in the room, until interrupted")
    tool.add_argument("--json", action="store_true", help="print one JSON object a message")
    tool.add_argument("--since", metavar="CURSOR", help="print what happened after CURSOR first")
    tool.add_argument(
        "--print-cursor",
        action="store_true",
        help="at the end say where to go on: to the output, with --follow as the last line of the errors",
    )
    tool.add_argument(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="give up when the site has answered nothing for so long (default: 30)",
    )


def _variable(name: str) -> str | None:
    """A variable of the environment; an empty one is none."""
    return os.environ.get(name) or None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MAX_HISTORY):
        raise argparse.ArgumentTypeError(f"a number from 0 to {MAX_HISTORY}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("a number of seconds above 0")
    return seconds
