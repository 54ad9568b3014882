"""Peerline's own rooms and the floor they stand on; each module is imported by its full name."""
