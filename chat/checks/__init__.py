"""What of the settings would lose data, let people in, or keep the site from working: Django's system checks.

An error keeps management commands from running, a warning is shown. docs/checks.md lists them all.
"""

from chat.checks import access, applications, databases, files, layers, proxies, sessions, site  # noqa: F401 (registers them)
