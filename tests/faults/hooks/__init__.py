"""What is put into a worker where no signal, socket or file reaches: its settings, and nothing of the site's code."""
