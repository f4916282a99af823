"""Search in the messages that a person may see. The database itself keeps the index, which a migration creates."""

from chat.search.finding import Hit, SearchPage, Unsearchable, find
from chat.search.query import Query

__all__ = ["Hit", "Query", "SearchPage", "Unsearchable", "find"]
