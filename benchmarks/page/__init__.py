"""The room page in a real browser: what its first load costs, and how it scrolls through a long history."""
