"""The content of a message of Slack: its text, attachments and blocks as one text in Slack's markup."""

from collections.abc import Iterator, Mapping
from typing import Any

from chat.text.slack import escaped

# Slack allows 50 blocks and 100 attachments.
MAX_PARTS = 100
_STYLES = (("code", "`"), ("strike", "~"), ("italic", "_"), ("bold", "*"))

_Json = Mapping[str, Any]


def mrkdwn_of(message: _Json) -> str:
    """Return the text of a message, as exports and webhooks have it, with its attachments. Values may have any type.

    The block of what a person wrote repeats the text. Any other blocks are what Slack shows instead of the text.
    """
    text = _text(message.get("text"))
    blocks = _objects(message.get("blocks"))
    shown = [part for part in _blocks(blocks) if part.strip()]
    is_repeated = all(block.get("type") == "rich_text" for block in blocks)
    parts = [text] if text.strip() and (is_repeated or not shown) else shown
    for attachment in _objects(message.get("attachments")):
        # Slack has read the page of a link. The text has the link.
        if not (attachment.get("from_url") and parts and not attachment.get("is_share")):
            parts += _attachment(attachment)
    return "\n".join(part for part in parts if part.strip())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: Any) -> list[_Json]:
    return [it for it in value[:MAX_PARTS] if isinstance(it, dict)] if isinstance(value, list) else []


def _attachment(it: _Json) -> list[str]:
    """Return the paragraphs of an attachment: a quote of another message, or a notice of a program."""
    title, link = _text(it.get("title")), _text(it.get("title_link"))
    said = [_text(it.get("pretext")), f"*<{link}|{title}>*" if title and link else title and f"*{title}*"]
    said += [_text(it.get("text"))] if it.get("text") else _blocks(it.get("blocks") or it.get("message_blocks"))
    for field in _objects(it.get("fields")):
        said.append(f"• *{_text(field.get('title'))}*: {_text(field.get('value'))}")
    found = [part for part in said if part.strip()] or [_text(it.get("fallback"))]
    if it.get("is_share"):
        author = _text(it.get("author_name"))
        lines = "\n".join([f"*{author}*", *found] if author else found).split("\n")
        return ["\n".join(f"&gt; {line}" for line in lines)]
    return found


def _blocks(blocks: Any) -> Iterator[str]:
    for block in _objects(blocks):
        match block.get("type"):
            case "header":
                yield f"*{_of_text_object(block.get('text'))}*"
            case "section":
                yield _of_text_object(block.get("text"))
                yield from (_of_text_object(field) for field in _objects(block.get("fields")))
            case "context":
                yield " ".join(_of_text_object(element) for element in _objects(block.get("elements")))
            case "rich_text":
                yield from (_rich(element) for element in _objects(block.get("elements")))


def _of_text_object(it: Any) -> str:
    if not isinstance(it, dict):
        return ""
    text = _text(it.get("text"))
    return escaped(text) if it.get("type") == "plain_text" else text


def _rich(element: _Json) -> str:
    match element.get("type"):
        case "rich_text_list":
            mark = "1." if element.get("style") == "ordered" else "-"
            return "\n".join(f"{mark} {_line(item)}" for item in _objects(element.get("elements")))
        case "rich_text_preformatted":
            return f"```{_line(element)}```"
        case "rich_text_quote":
            return "\n".join(f"&gt; {line}" for line in _line(element).split("\n"))
    return _line(element)


def _line(section: _Json) -> str:
    return "".join(_inline(it) for it in _objects(section.get("elements")))


def _inline(it: _Json) -> str:
    match it.get("type"):
        case "link":
            url, text = _text(it.get("url")), _text(it.get("text"))
            return f"<{url}|{escaped(text)}>" if text else f"<{url}>"
        case "user":
            return f"<@{_text(it.get('user_id'))}>"
        case "channel":
            return f"<#{_text(it.get('channel_id'))}>"
        case "broadcast":
            return f"<!{_text(it.get('range'))}>"
        case "emoji":
            return f":{_text(it.get('name'))}:"
    text, style = escaped(_text(it.get("text"))), it.get("style")
    if text.strip() and isinstance(style, dict):
        for name, mark in _STYLES:
            text = f"{mark}{text}{mark}" if style.get(name) else text
    return text
