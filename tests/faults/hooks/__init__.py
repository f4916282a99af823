"""Hooks inside a worker, where no signal, socket or file reaches. They change its settings, not the site's code."""
