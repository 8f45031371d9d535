"""Measurements of the product itself; each prints its figures, and with --json one JSON document."""
