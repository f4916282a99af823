"""The private or undocumented interfaces of libraries that the site uses, one module per library.

Each module names such an attribute once, and no other module uses one. tests/adapters checks every name against the
installed release, so that an upgrade fails with the name it changed.
"""
