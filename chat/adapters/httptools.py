"""The undocumented behaviour of httptools that the site relies on."""


class StopParsing(Exception):
    """Raised in a parser callback to stop parsing. `feed_data` then raises HttpParserCallbackError.

    uvicorn treats that as a malformed request.
    """
