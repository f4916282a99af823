"""The site's own desk: people, rooms and the history, for staff."""

from django.contrib import admin

from chat.admin.messages import MessageAdmin
from chat.admin.people import PersonAdmin, TokenAdmin
from chat.admin.rooms import MembershipAdmin, RoomAdmin

__all__ = ["MembershipAdmin", "MessageAdmin", "PersonAdmin", "RoomAdmin", "TokenAdmin"]

admin.site.site_header = "Chat administration"
admin.site.site_title = "Chat administration"
admin.site.index_title = "What there is"
