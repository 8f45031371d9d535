"""One candidate through the stages: from two lines of output that must match to duels and whole runs."""
