"""The record of a run: written, read, summarised."""
