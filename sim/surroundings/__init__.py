"""What an arm can touch beside the tissue under its pad: the person, the table, its own column, an obstacle."""
