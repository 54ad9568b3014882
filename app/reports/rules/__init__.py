"""What numbers may say: periods, shares with their intervals, changes. Pure."""
