"""Many workers of one site: real processes that share a database, and clients that reconnect."""
