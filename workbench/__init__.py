"""What a person touches: command line, recorder, report."""
