"""Fault experiments: the site in real processes, a group of members on real sockets, one fault, and a checker.

The checker knows only the protocol and the database.
"""
