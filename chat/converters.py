"""What may stand in an address, as Django's path converters; `schema` is how the API's description says it."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class UnicodeSlugConverter(StringConverter):
    """What may be a room's address. NUL may not: PostgreSQL would refuse the query."""

    regex = r"[^/\x00]+"
    schema = {"type": "string", "pattern": r"^[^/\x00]+$"}


class SeqConverter(IntConverter):
    """The number of a message, or another id, small enough for every database."""

    regex = "[0-9]{1,15}"
    schema = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}


register_converter(UnicodeSlugConverter, "room_slug")
register_converter(SeqConverter, "seq")
