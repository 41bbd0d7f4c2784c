"""The supervisor: a process of its own that watches the session loop and owns the enable of the drives (layer L6)."""
