"""The desk: cases, who answers them, what is said, and that it is said once."""
