"""Changes to a parsed text: mentions, links and their targets, directions of blocks, numbers of lists, headings."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML, RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from chat.text import mentions, room_links

# A heading of a message is below those of the page.
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6"}
_CODE = ("fence", "code_block", "code_inline")


def use_tokens(markdown: MarkdownIt) -> None:
    """Add the rules to the parser. They are the last, when code and links are tokens and each text is one token."""
    markdown.core.ruler.push("mentions", _mark_mentions)
    markdown.core.ruler.push("attributes", _set_attributes)
    markdown.core.ruler.push("numbers", _number_items)
    markdown.add_render_rule("mention", _render_mention)
    markdown.add_render_rule("room_link", _render_room_link)
    markdown.add_render_rule("at_sign", lambda *_: "@")
    markdown.add_render_rule("list_item_open", _render_item)
    markdown.add_render_rule("table_open", _render_table)
    markdown.add_render_rule("table_close", _render_table)


# ---- Mentions


def _mark_mentions(state: StateCore) -> None:
    """Replace mentions and links to rooms by tokens."""
    env = state.env
    named, quoted = env["named"], mentions.without_everyone(env["named"])
    depth = 0  # in quotes
    for block in state.tokens:
        depth += block.nesting if block.type in ("blockquote_open", "blockquote_close") else 0
        if block.children and mentions.may_be_in(block.content):
            known = quoted if depth else named
            block.children = [
                piece
                for token, is_text in _outside_links(block.children)
                for piece in (_pieces(token, known, env, is_quote=depth > 0) if is_text else [token])
            ]
        if block.children and env["rooms"] and "#" in block.content:
            block.children = [
                piece
                for token, is_text in _outside_links(block.children)
                for piece in (_linked(token, env["rooms"]) if is_text else [token])
            ]


def _outside_links(tokens: list[Token]) -> list[tuple[Token, bool]]:
    """Return the tokens, each with whether it is text that is not part of a link."""
    depth, found = 0, []
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        found.append((token, depth == 0 and token.type == "text"))
    return found


def _pieces(token: Token, named: Mapping[str, mentions.Target], env: EnvType, *, is_quote: bool) -> list[Token]:
    if not mentions.may_be_in(token.content):
        return [token]
    if "candidates" in env:
        env["candidates"] += _candidates(token.content, env["budget"], is_quote=is_quote)
    if not named:
        return [token]
    return [_token_of(piece) for piece in mentions.split(token.content, named, env["budget"])]


def _candidates(line: str, budget: mentions.Budget, *, is_quote: bool) -> Iterator[tuple[str, ...]]:
    for names in mentions.candidates(line, budget):
        yield tuple(name for name in names if name not in mentions.EVERYONE) if is_quote else names


def _linked(token: Token, rooms: Mapping[str, str]) -> list[Token]:
    return [_token_of(piece) for piece in room_links.split(token.content, rooms)]


def _token_of(piece: str | mentions.NameMention | room_links.RoomLink) -> Token:
    if isinstance(piece, mentions.NameMention):
        return Token("mention", "", 0, content=piece.text, meta={"target": piece.target})
    if isinstance(piece, room_links.RoomLink):
        return Token("room_link", "", 0, content=piece.text, meta={"path": piece.path})
    return Token("text", "", 0, content=piece)


def _render_mention(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    return f'<span class="mention" data-mention="{token.meta["target"]}" dir="auto">{escape(token.content)}</span>'


def _render_room_link(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    return f'<a class="room-link" href="{escape(token.meta["path"])}" dir="auto">{escape(token.content)}</a>'


# ---- Attributes


def _set_attributes(state: StateCore) -> None:
    """Set the direction of each outer block by its own text. That of code and addresses is fixed and does not count.

    Blocks within others have the direction of those, so a list has its numbers at one side.
    """
    for token in state.tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
        if token.type in ("th_open", "td_open"):
            token.attrs = {"dir": "auto", **_align(token)}
        elif token.type in _CODE:
            token.attrSet("dir", "ltr")
        elif token.level == 0 and token.nesting == 1 and token.type != "table_open":
            token.attrSet("dir", "auto")
        if token.type == "ordered_list_open" and token.markup == ")":
            token.attrJoin("class", "parenthesis")
        for child in token.children or ():
            if child.type == "code_inline":
                child.attrSet("dir", "ltr")
            elif child.type == "link_open":
                _set_link(child)


def _align(token: Token) -> dict[str, str | int | float]:
    """Return the alignment as an attribute of its own, because the pages allow no styles in the markup."""
    style = str(token.attrGet("style") or "")
    return {"align": style.removeprefix("text-align:")} if style else {}


def _set_link(token: Token) -> None:
    if token.info == "auto":
        token.attrSet("dir", "ltr")
    if not str(token.attrGet("href")).lower().startswith("mailto:"):
        token.attrSet("target", "_blank")


# ---- Lists and tables


def _number_items(state: StateCore) -> None:
    """Give items their numbers as they were written. A list that repeats one number counts on from it."""
    open_lists: list[list[Token]] = []
    for token in state.tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            open_lists.append([])
        elif token.type == "list_item_open":
            open_lists[-1].append(token)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            items = open_lists.pop()
            if token.type == "ordered_list_close" and len({item.info for item in items}) > 1:
                _set_numbers(items)


def _set_numbers(items: list[Token]) -> None:
    expected = int(items[0].info)
    for item in items:
        if int(item.info) != expected:
            item.attrSet("value", str(int(item.info)))
        expected = int(item.info) + 1


def _render_item(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render an item of a list. That of a task list has a box, which says whether the task is done."""
    html = cast(RendererHTML, renderer).renderToken(tokens, index, options, env)
    checked = tokens[index].meta.get("checked") if tokens[index].meta else None
    if checked is None:
        return html
    return f'{html}<input type="checkbox"{" checked" if checked else ""} disabled aria-label="Done"> '


def _render_table(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render the start or end of a table in a box that scrolls, which a keyboard can reach."""
    html = cast(RendererHTML, renderer).renderToken(tokens, index, options, env)
    if tokens[index].nesting < 0:
        return html.rstrip() + "</div>\n"
    return f'<div class="table-box" role="group" tabindex="0" aria-label="Table">{html}'
