"""Frames of WebSockets as nearly all of them are, read at a tenth of what it takes to read any."""

from chat.adapters.websockets import apply_mask

# The first byte of a text that is whole in one frame and not compressed, and what every client adds to the second.
WHOLE_TEXT = 0x81
MASKED = 0x80
# In the place of a length: it follows in two bytes, or in eight.
IN_TWO_BYTES = 126


def whole_text(data: bytes, start: int) -> tuple[str, int] | None:
    """The text of the frame at `start`, and where that frame ends (RFC 6455, section 5.2). None for every other kind of
    frame, for one of which the end is not here yet, and for what is no UTF-8."""
    if len(data) < start + 2 or data[start] != WHOLE_TEXT:
        return None
    length = data[start + 1] - MASKED
    begin = start + 6
    if length == IN_TWO_BYTES:
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        begin = start + 8
    elif not 0 <= length < IN_TWO_BYTES:
        return None
    end = begin + length
    if len(data) < end:
        return None
    try:
        return apply_mask(data[begin:end], data[begin - 4 : begin]).decode(), end
    except UnicodeDecodeError:
        return None
