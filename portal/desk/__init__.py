"""The work list of a unit."""
