"""Everything a process runs to bring each room's log from the database to its sockets."""
