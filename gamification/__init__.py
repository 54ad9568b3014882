"""The scorekeeper: thanks that can be traced."""
