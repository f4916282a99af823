"""What the site uses of httptools beyond its documentation."""


class StopParsing(Exception):
    """Raised in a callback of the parser: it reads no further, and `feed_data` raises HttpParserCallbackError.

    uvicorn takes that for a malformed request.
    """
