"""The manager's pages on which a brand is set up."""
