"""Evaluators: one aspect of a candidate each, one file each."""
