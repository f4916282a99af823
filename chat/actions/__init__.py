"""Actions: the only code that writes the chat's tables. Each checks, writes and publishes, or raises `ActionError`.

`statements` replaces `bulk_create` and an UPDATE per row: Django took longer to build them than the rest of a large
transaction took.
"""
