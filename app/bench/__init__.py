"""Measurements that print JSON: each on a database of its own, thrown away afterwards."""
