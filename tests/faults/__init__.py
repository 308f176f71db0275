"""What goes wrong on a day of a province, done to real processes: what is seen, and that nothing is lost or doubled."""
