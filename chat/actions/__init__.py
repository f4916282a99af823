"""Actions: the only code that writes the chat's tables. Each checks, writes and publishes, or raises `ActionError`."""
