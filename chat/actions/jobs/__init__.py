"""The queue of tasks: the project's backend of Django's tasks interface, and the statements of its rows."""
