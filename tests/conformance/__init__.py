"""What every servo driver must do, claim by claim, as docs/driver.md states it."""
