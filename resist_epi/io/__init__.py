"""Readers and writers: the only place, beside the command line, that touches files."""
