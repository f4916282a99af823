"""The admin site for staff: people, rooms, messages, files, reports, the audit log and presence.

Staff mute from the list of people, from the list of memberships, and from a report.
"""

from django.contrib import admin

from chat.admin.files import FileAdmin
from chat.admin.groups import GroupAdmin
from chat.admin.jobs import JobAdmin
from chat.admin.messages import MessageAdmin
from chat.admin.moderation import AuditAdmin, PresenceAdmin, ReportAdmin
from chat.admin.people import PersonAdmin, TokenAdmin
from chat.admin.rooms import MembershipAdmin, RoomAdmin
from chat.admin.webhooks import BotCommandAdmin, IncomingWebhookAdmin, OutgoingWebhookAdmin, WebhookDeliveryAdmin
from chat.forms.accounts import AdminSignInForm

__all__ = [
    "AuditAdmin",
    "BotCommandAdmin",
    "FileAdmin",
    "GroupAdmin",
    "IncomingWebhookAdmin",
    "JobAdmin",
    "MembershipAdmin",
    "MessageAdmin",
    "OutgoingWebhookAdmin",
    "PersonAdmin",
    "PresenceAdmin",
    "ReportAdmin",
    "RoomAdmin",
    "TokenAdmin",
    "WebhookDeliveryAdmin",
]

admin.site.login_form = AdminSignInForm
admin.site.site_header = "Chat administration"
admin.site.site_title = "Chat administration"
admin.site.index_title = "Dashboard"
