"""What the site uses of libraries that is private or undocumented: one module per library.

A module names each such attribute once, and the rest of the site uses nothing beside it. tests/adapters holds each name
against the installed release, and says which one an upgrade changed.
"""
