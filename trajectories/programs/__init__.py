"""Programs: the model of the file, its loader, and the programs that come with the project."""
