"""The sandbox network: a small social network of our own that answers in the shapes of X's API, for demo and tests."""
