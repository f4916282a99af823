"""Settings that need more than a line: the database, the channel layer, the host names and the secret key.

`memory_layer` replaces Channels' in-memory layer, which starts a task per receiver and searches for expired messages
with each broadcast.
"""
