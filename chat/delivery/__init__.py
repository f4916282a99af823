"""Everything a process runs to bring each room's log from the database to its sockets.

`service` connects the parts. It also runs the periodic tasks, such as the check that closes the sockets of people who
have lost access.
"""
