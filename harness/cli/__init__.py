"""The command line: one file per command. Modules here import lightly; a command's body imports what it needs."""
