"""Text in the form that takes the same number of cells in every terminal.

Terminals disagree about joined emoji: some draw a family in two cells, others each of its people. Around the prompt,
prompt_toolkit has to know where the cursor is. It adds up the widths of the characters, so joiners and the other
characters that change the width of their neighbours are not drawn there. The text itself stays as it is.
"""

import unicodedata

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

# U+FE0F makes a narrow sign an emoji of two cells, but not in every terminal.
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
# Two of them are a flag, or two letters.
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)


def steady(text: str) -> str:
    """Return `text` without the characters whose width depends on the terminal."""
    return text if text.isascii() else "".join(map(_steady, text))


def steady_fragments(fragments: StyleAndTextTuples) -> StyleAndTextTuples:
    return [(style, steady(text), *rest) for style, text, *rest in fragments]  # type: ignore[misc]


def length_of_last(text: str) -> int:
    """Return how many characters at the end of `text` are drawn as one: the last that is drawn, and those after it."""
    return next((count for count, it in enumerate(reversed(text), 1) if steady(it)), len(text))


def length_of_first(text: str) -> int:
    """Return how many characters at the start of `text` are drawn as one: the first, and undrawn ones after it."""
    return next((count for count, it in enumerate(text) if count and steady(it)), len(text))


class SteadyWidths(Processor):
    """Draws the text of the prompt with `steady`."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Each character of the text becomes one character or none. Positions are mapped accordingly."""
        source = explode_text_fragments(transformation_input.fragments)
        shown: StyleAndTextTuples = []
        displayed_at: list[int] = []
        for style, text, *_ in source:
            displayed_at.append(len(shown))
            if drawn := steady(text):
                shown.append((style, drawn))
        displayed_at.append(len(shown))
        if len(shown) == len(source):
            return Transformation(shown)
        return Transformation(
            shown,
            source_to_display=lambda position: displayed_at[min(position, len(source))],
            display_to_source=lambda position: _first_at_least(displayed_at, position),
        )


def _steady(character: str) -> str:
    code = ord(character)
    if code in _REGIONAL_INDICATORS:
        return chr(ord("A") + code - _REGIONAL_INDICATORS.start)
    if code in _VARIATION_SELECTORS or code in _SKIN_TONES or unicodedata.category(character) == "Cf":
        return ""
    return character


def _first_at_least(positions: list[int], position: int) -> int:
    """Return the first index whose value is at least `position`, or the last index."""
    return next((index for index, value in enumerate(positions) if value >= position), len(positions) - 1)
