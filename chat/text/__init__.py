"""Text that people type: cleaning, Unicode forms, lookalike names, Markdown, mentions and emoji."""
