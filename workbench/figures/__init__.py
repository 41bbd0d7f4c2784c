"""Pictures of runs and bodies, drawn with matplotlib without a display."""
