"""The effect of one flooding client at full speed on ordinary people in a room."""
