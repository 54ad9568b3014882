"""The ears: what was said about a brand, and what help it asks for."""
