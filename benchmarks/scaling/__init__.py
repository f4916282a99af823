"""The growth of cost with clients, rooms, workers and history, extrapolated to a million connections."""
