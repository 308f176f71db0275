"""One box on every page: units, people and tickets."""
