"""Looking for words in the messages a person may see."""

from chat.search.finding import Found, Hit, Unsearchable, find
from chat.search.query import Query

__all__ = ["Found", "Hit", "Query", "Unsearchable", "find"]
