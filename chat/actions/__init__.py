"""What people do. These modules are the only code that writes the chat's tables, and the only callers of broadcast.

An action checks, writes and tells, in that order, and refuses with `ActionError`.
"""
