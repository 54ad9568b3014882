"""The database's shape, step by step, both ways; imports nothing of the house, so that old steps stay as they were."""
