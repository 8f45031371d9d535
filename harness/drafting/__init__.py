"""From somebody's own program to a target: a folder with a commented target.toml that already works.

`sources` reads what is given, `observing` runs it watched and finds its inputs, `repeating` sees whether it repeats
itself, `suggesting` tries hidden workloads, `toml` writes it all down.
"""

from harness.drafting.draft import Draft, draft

__all__ = ["Draft", "draft"]
