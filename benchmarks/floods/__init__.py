"""What one flooder at full speed does to ordinary people in a room."""
