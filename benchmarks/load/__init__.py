"""The load generator for all servers: the same people, messages and definitions, and a dialect for each server."""
