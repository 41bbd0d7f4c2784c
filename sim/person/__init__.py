"""The person on the table: tissue, contact, motion."""
