"""The terminal: a prompt at the bottom, a status line below it, and the transcript above."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.renderer import print_formatted_text

from chat.terminal.names import name_at_end
from chat.terminal.style import STYLE
from chat.terminal.tokens import APPLICATION
from chat.terminal.widths import SteadyWidths, steady_fragments

# Refresh interval of the status line, for texts that expire.
REFRESH_SECONDS = 0.5


class Screen:
    """The prompt and its output. `on_enter` gets each entered line, `on_key` the prompt's text after each key."""

    def __init__(
        self,
        on_enter: Callable[[str], None],
        on_key: Callable[[str], None],
        prompt: Callable[[], StyleAndTextTuples],
        status: Callable[[], StyleAndTextTuples],
        completer: Completer,
    ):
        self._on_enter = on_enter
        self._must_leave = False
        self._waiting: StyleAndTextTuples = []
        self._printing: asyncio.Task[None] | None = None
        self._session: PromptSession[str] = PromptSession(
            lambda: steady_fragments(prompt()),
            bottom_toolbar=lambda: steady_fragments(status()),
            completer=completer,
            complete_while_typing=Condition(self._expects_completion),
            history=FileHistory(_history_file()),
            key_bindings=self._keys(),
            input_processors=[SteadyWidths()],
            multiline=True,
            prompt_continuation="  ",
            refresh_interval=REFRESH_SECONDS,
            erase_when_done=True,
            style=STYLE,
            reserve_space_for_menu=4,
        )
        self._session.app.key_processor.after_key_press += lambda _: on_key(self._session.default_buffer.text)

    async def run(self) -> None:
        """Run until `leave` or Ctrl+D."""
        try:
            await self._session.prompt_async(pre_run=lambda: self.leave() if self._must_leave else None)
        except EOFError:
            pass
        finally:
            self._print()

    def leave(self) -> None:
        self._must_leave = True
        if self._session.app.is_running:
            self._session.app.exit(exception=EOFError)

    def show(self, fragments: StyleAndTextTuples) -> None:
        """Print above the prompt, which is redrawn with its text."""
        self._waiting += [*fragments, ("", "\n")]
        app = self._session.app
        if not app.is_running:
            self._print()
        elif self._printing is None or self._printing.done():
            self._printing = app.create_background_task(self._print_above())

    async def _print_above(self) -> None:
        """Print after the terminal has reported the cursor position. A report that arrives after more output would
        mislead.

        prompt_toolkit's `run_in_terminal` returns the terminal to cooked mode meanwhile, which echoes typed keys into
        the conversation.
        """
        renderer = self._session.app.renderer
        while self._waiting:
            await renderer.wait_for_cpr_responses()
            renderer.erase()
            self._print()
            renderer.request_absolute_cursor_position()
            self._session.app.invalidate()

    def _print(self) -> None:
        app, waiting = self._session.app, self._waiting
        self._waiting = []
        print_formatted_text(app.output, waiting, app.style or STYLE, color_depth=app.color_depth)
        app.output.flush()

    def changed(self) -> None:
        """Redraw the prompt and the status line."""
        self._session.app.invalidate()

    def put(self, text: str) -> None:
        """Put text into the prompt if it is empty."""
        if not self._session.default_buffer.text:
            self._session.default_buffer.insert_text(text)

    def _expects_completion(self) -> bool:
        """Return whether to complete while typing (commands and names). Only then is there space below the prompt."""
        text = self._session.default_buffer.document.text_before_cursor
        return text.startswith("/") or name_at_end(text) is not None

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter")
        def enter(event: KeyPressEvent) -> None:
            text = event.current_buffer.text
            if text.strip():
                event.current_buffer.append_to_history()
            event.current_buffer.reset()
            self._on_enter(text)

        @keys.add("escape", "enter")
        def new_line(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @keys.add("c-c")
        def clear(event: KeyPressEvent) -> None:
            event.current_buffer.reset()

        return keys


def _history_file() -> Path:
    """Return the path of the prompt's history. Only this user can read the file."""
    folder = platformdirs.user_state_path(APPLICATION)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "history"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path
