"""What people do. These modules are the only code that writes the chat's tables.

An action checks, writes and tells, in that order, and refuses with `ActionError`. What is never written, such as who is
typing, is told by whoever knows it.
"""
