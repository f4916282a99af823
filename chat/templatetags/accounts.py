"""Tags about new accounts."""

from django import template

from chat.auth import sign_up

register = template.Library()
register.simple_tag(sign_up.is_offered, name="offers_sign_up")
