"""What the scorekeeper decides: pure."""
