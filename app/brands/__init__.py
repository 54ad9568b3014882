"""The tenant: whom it serves, in which languages, by which policy."""
