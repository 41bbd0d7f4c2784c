"""Arms and tools."""
