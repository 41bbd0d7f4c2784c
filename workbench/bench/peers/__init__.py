"""Other people's controllers: programs that run in environments of their own and know nothing of this project."""
