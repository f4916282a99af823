"""From the database to the sockets: everything a process runs so that each connection follows its room's log."""
