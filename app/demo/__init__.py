"""The demo world: two brands, their people, and customers who write."""
