"""The steps of a run: a file a step; each reads a study and writes its own files."""
