"""Bar charts as SVG, readable on light and on dark paper, with nothing but text and rectangles."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, ROW, TOP, BOTTOM = 860, 30, 44, 30
LABELS, VALUES = 310, 150
BAR = 18
# How much shorter than the shortest bar's own tenfold a logarithmic axis begins.
ROOM_BELOW = 0.3

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .note { font-size: 11px; fill: #59636e; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note { fill: #9198a1; }
    .bar { fill: #656c76; }
    .ours { fill: #4493f8; }
  }
"""


class Bar(NamedTuple):
    """`text` is the value as it is written beside the bar."""

    label: str
    value: float
    text: str
    is_ours: bool


def svg(title: str, bars: Sequence[Bar], *, is_log: bool) -> str:
    """Return bars below each other, as long as their values, or as the logarithms where `is_log`."""
    height = TOP + ROW * len(bars) + BOTTOM
    note = "Logarithmic: equal lengths are equal ratios." if is_log else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="20">{escape(title)}</text>',
        *(
            line
            for place, (bar, length) in enumerate(zip(bars, lengths(bars, is_log=is_log), strict=True))
            for line in _row(bar, length, TOP + ROW * place)
        ),
        f'<text class="note" x="{LABELS}" y="{height - 8}">{note}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _row(bar: Bar, length: float, top: float) -> list[str]:
    kind = "bar ours" if bar.is_ours else "bar"
    middle = top + BAR - 4
    return [
        f'<text x="{LABELS - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2"/>',
        f'<text x="{LABELS + length + 8:.1f}" y="{middle}">{escape(bar.text)}</text>',
    ]


def lengths(bars: Sequence[Bar], *, is_log: bool) -> list[float]:
    """Return the lengths of the bars in drawing units. The longest takes the full width."""
    room = WIDTH - LABELS - VALUES
    values = [math.log10(bar.value) if is_log else bar.value for bar in bars]
    least = math.floor(min(values)) - ROOM_BELOW if is_log else 0.0
    span = max(values) - least
    return [room * (value - least) / span if span else 0.0 for value in values]
