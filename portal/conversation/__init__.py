"""Messages between the units of a ticket."""
