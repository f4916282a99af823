"""How cost grows with clients, rooms, workers and history, and what that comes to with a million connections."""
