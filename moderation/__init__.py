"""The referee: nothing public without a second pair of eyes."""
