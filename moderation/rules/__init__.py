"""What the referee decides: pure."""
