"""One's limits and the unit's duty roster as a calendar that other programs read, by a secret link."""
