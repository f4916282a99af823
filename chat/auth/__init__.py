"""Authentication, permissions, and the limits on sign-ins, passwords and origins.

`authentication` replaces `channels.auth`, which ignores SECRET_KEY_FALLBACKS and deletes sessions it does not know.
`login_throttle` replaces django-axes, which writes a row for each failure and covers neither tokens nor WebSockets.
"""
