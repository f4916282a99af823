"""The site's own desk: people, rooms and the history, for staff."""

from chat.admin.messages import MessageAdmin
from chat.admin.people import PersonAdmin, TokenAdmin
from chat.admin.rooms import MembershipAdmin, RoomAdmin

__all__ = ["MembershipAdmin", "MessageAdmin", "PersonAdmin", "RoomAdmin", "TokenAdmin"]
