"""The check of a rig: everything that servos and wrist sensor say of themselves, and all that is wrong at once."""
