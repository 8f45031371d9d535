"""What people read of a run: phrases, tables, the live view and the summary that ends it."""
