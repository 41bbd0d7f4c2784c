"""Dynamixel servos of the X and P families in current control, over the official SDK."""
