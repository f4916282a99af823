"""Archives of people, rooms and messages: those of this site, to write and to read, and Slack's, to read."""
