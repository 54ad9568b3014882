"""Members of the house: who they are, what they may do, how they sign in."""
