"""Blocks of Markdown where messages differ from CommonMark.

People write messages in lines, so a sign without content stays text, and a line that has no `>` and no indent is not
part of the quote or list item above it.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, heading, list_block, table

# Each cell costs a parser of its own and a row of a table is filled up with empty cells. A larger table stays text.
MAX_TABLE_CELLS = 1_000
_QUOTE_LINE = re.compile(r">(?:[ \t]|$)")
_QUOTE_START = re.compile(r">[ \t]+\S")
_LIST_START = re.compile(r"(?:[-+*]|[0-9]{1,9}[.)])[ \t]+\S")
_HEADING_START = re.compile(r"#{1,6}[ \t]+[^\s#]")


def use_blocks(markdown: MarkdownIt) -> None:
    """Replace the parser's rules for blocks."""
    rules = markdown.block.ruler
    interrupting = ["paragraph", "reference", "blockquote"]
    rules.at("table", _table, {"alt": ["paragraph", "reference"]})
    rules.at("fence", _fence, {"alt": [*interrupting, "list"]})
    rules.at("blockquote", _blockquote, {"alt": [*interrupting, "list"]})
    rules.at("list", _list, {"alt": interrupting})
    rules.at("heading", _heading, {"alt": interrupting})
    rules.before("paragraph", "outdent", _outdent, {"alt": ["paragraph", "blockquote"]})


def _blockquote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A quote begins with `>`, a space and a text, and has only lines that begin with `>` and a space."""
    if not _matches(_QUOTE_START, state, start) or state.is_code_block(start):
        return False
    if silent:
        return True
    last = start + 1
    while last < end and state.sCount[last] >= state.blkIndent and _matches(_QUOTE_LINE, state, last):
        last += 1
    line_max, state.lineMax = state.lineMax, last
    found = blockquote(state, start, last, silent)
    state.lineMax = line_max
    return found


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A list begins with an item that has a text."""
    return _matches(_LIST_START, state, start) and list_block(state, start, end, silent)


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A heading has a text."""
    return _matches(_HEADING_START, state, start) and heading(state, start, end, silent)


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A code block has at least a second line."""
    return start + 1 < end and fence(state, start, end, silent)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table has at most `MAX_TABLE_CELLS` cells."""
    if start < state.env.get("no_table_before", 0) or not table(state, start, end, True):
        return False
    columns = _line(state, start + 1).strip(" \t|").count("|") + 1
    last = start + 2
    while last < end and not state.isEmpty(last):
        last += 1
        if (last - start) * columns > MAX_TABLE_CELLS:
            # The lines that were counted are not counted again, so the cost stays linear.
            state.env["no_table_before"] = last
            return False
    return silent or table(state, start, end, False)


def _outdent(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """End the paragraph of a list item before a line at the margin, and a table before a line without `|`.

    This is never a block of its own.
    """
    if not silent:
        return False
    if state.parentType == "table":
        return "|" not in _line(state, line)
    return state.listIndent >= 0 and state.sCount[line] <= min(state.listIndent, state.blkIndent - 1)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] : state.eMarks[line]]


def _matches(pattern: re.Pattern[str], state: StateBlock, line: int) -> bool:
    return pattern.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]) is not None
