"""The command line: a file a verb; parse, call, write, exit code."""
