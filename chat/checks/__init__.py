"""Django system checks for settings that lose data, admit strangers or stop the site. docs/checks.md lists them."""

from chat.checks import access, applications, databases, files, layers, proxies, sessions, site, tasks  # noqa: F401 (registers them)
