"""What is on disk: the journal (the truth), blobs (the texts), runs (reading), index (a view that can be rebuilt)."""
