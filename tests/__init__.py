"""What the house promises, shown at its interfaces."""
