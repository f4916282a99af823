"""Tab completion of commands, names, rooms and messages."""

from collections.abc import Callable, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from chat.protocol import MessageData
from chat.terminal.command_table import Commands
from chat.terminal.names import folded, name_at_end
from chat.terminal.widths import steady
from chat.transcript.lines import author_of, gist, one_line

MESSAGES_OFFERED = 20


class PromptCompleter(Completer):
    """Completions for the prompt. `names`, `rooms` and `messages` return the current ones, newest message first."""

    def __init__(
        self,
        names: Callable[[], Iterable[str]],
        rooms: Callable[[], Iterable[str]],
        messages: Callable[[bool], Iterable[MessageData]],
    ):
        self._names, self._rooms, self._messages = names, rooms, messages

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        name, space, argument = text.removeprefix("/").partition(" ")
        if text.startswith("/") and not text.startswith("//"):
            if not space:
                return self._commands(name)
            command = Commands.by_name.get(name)
            if command is not None and command.takes == "room":
                return self._matching(argument, self._rooms(), len(argument))
            if command is not None and command.takes and " " not in argument:
                return self._numbers(argument, mine=command.takes == "mine")
        return self._mentions(text, complete_event)

    def _commands(self, start: str) -> Iterable[Completion]:
        for command in Commands.by_name.values():
            if command.name.startswith(start):
                yield Completion(f"{command.name} ", -len(start), display=command.usage, display_meta=command.help)

    def _numbers(self, start: str, *, mine: bool) -> Iterable[Completion]:
        for message in list(self._messages(mine))[:MESSAGES_OFFERED]:
            if str(message.seq).startswith(start):
                display = f"{author_of(message)}: {gist(message)}"
                yield Completion(f"{message.seq} ", -len(start), display=str(message.seq), display_meta=steady(display))

    def _mentions(self, text: str, event: CompleteEvent) -> Iterable[Completion]:
        """Yield names after an @. After Tab, also without one."""
        if (start := name_at_end(text)) is not None:
            return self._matching(start, self._names(), len(start))
        word = text.split()[-1] if text and not text[-1].isspace() else ""
        return self._matching(word, self._names(), len(word)) if word and event.completion_requested else ()

    @staticmethod
    def _matching(start: str, candidates: Iterable[str], replaced: int) -> Iterable[Completion]:
        """Yield the candidates that begin with `start`. One that is `start` comes first."""
        wanted = folded(start)
        found = [line for line in map(one_line, candidates) if folded(line).startswith(wanted)]
        for candidate in sorted(found, key=lambda it: (folded(it) != wanted, it.casefold() != start.casefold())):
            yield Completion(candidate, -replaced, display=steady(candidate))
