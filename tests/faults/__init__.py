"""Experiments: the site in real processes, a crowd on real sockets, one fault, and a checker beside them.

The checker knows only the protocol and the database.
"""
