"""The engine of optimize-run: loop, judge, sandbox, models, strategies, store, command line."""
