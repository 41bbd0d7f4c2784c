"""Skin, landmarks, regions and keep-out zones of a body."""
