"""The only door to the networks: accounts, reading, replying, limits, and their errors in our words."""
