"""Emulated moteus controllers, by an own reading of the maker's documents: nothing of the maker's library is used."""
