"""Tells the browser of a page's JavaScript modules before it finds each in the one that imports it."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chat.modules import modules_of

register = template.Library()


@register.simple_tag
def modulepreload(*entries: str) -> SafeString:
    """A link for each module that these need, themselves included."""
    links = ((static(name),) for name in modules_of(*entries))
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}" fetchpriority="low">', links)
