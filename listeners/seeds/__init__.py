"""Examples in our own words, one file a language: what the models know before a brand has taught them anything."""
