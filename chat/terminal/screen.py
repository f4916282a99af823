"""The terminal: a prompt at the bottom, a status line below it, and the transcript above."""

import asyncio
import math
import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.completion import Completer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples, fragment_list_width, split_lines
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.renderer import print_formatted_text

from chat.terminal.names import name_at_end
from chat.terminal.style import STYLE
from chat.terminal.tokens import APPLICATION
from chat.terminal.widths import SteadyWidths, length_of_first, length_of_last, steady_fragments

# Refresh interval of the status line, for texts that expire.
REFRESH_SECONDS = 0.5
# The number of printed texts that are kept, to print them again.
KEPT_TEXTS = 200
# Rows that stay free for the prompt and the status line when texts are printed again.
PROMPT_ROWS = 4


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
        self._waiting: list[StyleAndTextTuples] = []
        self._printed: deque[StyleAndTextTuples] = deque(maxlen=KEPT_TEXTS)
        self._columns = 0
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
        self._session.app.before_render += self._on_render
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
        self._waiting.append([*fragments, ("", "\n")])
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
        waiting, self._waiting = self._waiting, []
        self._printed.extend(waiting)
        self._write(waiting)

    def _write(self, texts: Iterable[StyleAndTextTuples]) -> None:
        app = self._session.app
        text: StyleAndTextTuples = [fragment for fragments in texts for fragment in fragments]
        print_formatted_text(app.output, text, app.style or STYLE, color_depth=app.color_depth)
        app.output.flush()

    def _on_render(self, app: Application[str]) -> None:
        """Print the newest texts again if the window has another width.

        Most terminals wrap their rows anew, but not all, so no one knows where the prompt begins.
        """
        columns, before = app.output.get_size().columns, self._columns
        self._columns = columns
        if before not in (0, columns):
            app.renderer.erase()
            app.output.erase_screen()
            app.output.cursor_goto()
            self._write(self._newest(app.output.get_size()))
            app.renderer.request_absolute_cursor_position()

    def _newest(self, size: Size) -> list[StyleAndTextTuples]:
        """Return the newest printed texts that fit in a window of this size, above the prompt."""
        left = size.rows - PROMPT_ROWS
        newest: list[StyleAndTextTuples] = []
        for text in reversed(self._printed):
            *lines, _ = split_lines(text)
            left -= sum(max(1, math.ceil(fragment_list_width(line) / size.columns)) for line in lines)
            if left < 0:
                break
            newest.append(text)
        return newest[::-1]

    def changed(self) -> None:
        """Redraw the prompt and the status line."""
        self._session.app.invalidate()

    def ring(self) -> None:
        self._session.app.output.bell()
        self._session.app.output.flush()

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

        # One key for what is drawn as one character.
        @keys.add("backspace")
        def delete(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            buffer.delete_before_cursor(length_of_last(buffer.document.text_before_cursor))

        @keys.add("left")
        def go_left(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            buffer.cursor_left(length_of_last(buffer.document.current_line_before_cursor))

        @keys.add("right")
        def go_right(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            buffer.cursor_right(length_of_first(buffer.document.current_line_after_cursor))

        keys.add(Keys.CPRResponse, save_before=lambda _: False)(_take_cursor_position)

        @keys.add("c-c")
        def clear(event: KeyPressEvent) -> None:
            event.current_buffer.reset()

        return keys


def _take_cursor_position(event: KeyPressEvent) -> None:
    """Take the terminal's answer to a query for the cursor position.

    prompt_toolkit takes every answer for the present position. If more was printed since the query, it would draw the
    prompt too high, and the conversation would scroll away. The last row is always safe.
    """
    renderer = event.app.renderer
    row, _ = event.data.removeprefix("\x1b[").removesuffix("R").split(";")
    renderer.report_absolute_cursor_row(int(row))
    if renderer.waiting_for_cpr:
        renderer._min_available_height = 1


def _history_file() -> Path:
    """Return the path of the prompt's history. Only this user can read the file."""
    folder = platformdirs.user_state_path(APPLICATION)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "history"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path
