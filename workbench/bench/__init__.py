"""How fast the loop is, beside a floor and beside other people's controllers, in one run."""
