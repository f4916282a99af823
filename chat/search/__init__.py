"""Search in the messages that a person may see."""

from chat.search.finding import Hit, SearchPage, Unsearchable, find
from chat.search.query import Query

__all__ = ["Hit", "Query", "SearchPage", "Unsearchable", "find"]
