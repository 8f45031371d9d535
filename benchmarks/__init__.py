"""Measurements of the harness itself. Each file is a command; figures in the docs name it."""
