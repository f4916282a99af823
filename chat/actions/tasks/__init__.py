"""Task functions, one file per subject. Arguments are ids and plain values, and each function reads the present state.

A task may run twice. Only those of the queue `mail` run at most once.
"""
