"""Figures: each takes a table and returns Axes; none saves."""
