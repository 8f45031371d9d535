"""Strategies side by side at one budget: what was planned, how it is run, and what the numbers can tell."""
