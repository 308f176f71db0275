"""Working time on pages: a year as a calendar, and the years that administrators sign off."""
