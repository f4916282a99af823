"""Authentication, permissions, the limits on sign-ins, passwords and origins, and the queue of emails.

`authentication` replaces `channels.auth`, which ignores SECRET_KEY_FALLBACKS and deletes sessions it does not know.
`login_throttle` replaces django-axes, which writes a row for each failure and covers neither tokens nor WebSockets.
"""
