"""The entry point: from the command line to the interactive prompt or to pipe mode."""

import argparse
import asyncio
import getpass
import io
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from chat.terminal.address import Address
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.identity import RequestedIdentity, TerminalIdentity
from chat.terminal.options import parse
from chat.terminal.output import OutputClosed
from chat.terminal.pipe_mode import PipeMode, Task
from chat.terminal.position import Position
from chat.terminal.site import Site
from chat.transcript.lines import one_line

DEFAULT_ROOM = "lobby"


def main(arguments: Sequence[str] | None = None, program: str | None = None) -> int:
    """Run the client and return its exit code.

    An interrupted process ends by SIGINT. One whose output has no reader ends by SIGPIPE.
    """
    _prepare_streams()
    # Its warnings about writing to a lost connection would be printed into the prompt, which says "offline" already.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    options = parse(arguments, program)
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # set by __main__ during the imports
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _run(options)
    except ExitError as failure:
        if failure.code == Exit.INPUT_OUTPUT:
            _drop_output()
        print(f"{program or 'chat'}: {one_line(failure.sentence)}", file=sys.stderr)
        return failure.code
    except (KeyboardInterrupt, EOFError):  # EOFError comes from a prompt for a name or password
        return _end_by_signal(signal.SIGINT)
    except OutputClosed:
        return _end_by_signal(signal.SIGPIPE)
    return Exit.DONE


def _run(options: argparse.Namespace) -> None:
    address = Address.parse(options.url)
    room = (options.room or address.room or DEFAULT_ROOM).removeprefix("#")
    site = Site(address, options.timeout)
    reads_keys = sys.stdin.isatty()
    prompts = (input, getpass.getpass) if reads_keys and sys.stdout.isatty() else (None, None)
    identity = TerminalIdentity(site, RequestedIdentity(options.name, options.password, options.token), None, *prompts)
    wants_pipe_mode = (
        options.follow
        or options.json
        or options.whole
        or options.file
        or options.print_cursor
        or options.since is not None
    )
    if prompts[0] and not wants_pipe_mode:
        from chat.terminal.conversation import converse  # loading prompt_toolkit takes time that pipe mode must not pay

        converse(site, identity, room, options.history, rings=options.bell)
    else:
        task = _task(options, room, reads_keys=reads_keys)
        token = identity.token()
        identity.ask_secretly = None  # pipe mode runs in the event loop, so it cannot prompt for a password
        asyncio.run(PipeMode(site, identity, token, task, sys.stdout, sys.stderr).run())


def _task(options: argparse.Namespace, room: str, *, reads_keys: bool) -> Task:
    if options.json and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    ends = options.whole or options.file or options.print_cursor or options.since is not None
    return Task(
        room=room,
        input=None if reads_keys and not options.whole else sys.stdin.fileno(),
        whole=options.whole or bool(options.file),
        files=tuple(map(Path, options.file)),
        # With a terminal as input there is nothing to post, so the client follows the room.
        follow=options.follow or (reads_keys and not ends),
        as_json=options.json,
        since=None if options.since is None else Position.parse(options.since),
        history=options.history,
        print_cursor=options.print_cursor,
        timeout_seconds=options.timeout,
    )


def _prepare_streams() -> None:
    """Open the missing standard streams, make them blocking, and let them print every character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the shell with `>&-`
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            os.set_blocking(stream.fileno(), True)
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Discard buffered output, which no longer has a reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_by_signal(number: signal.Signals) -> int:
    """End the process by a signal, so that the shell sees the true cause."""
    _drop_output()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
