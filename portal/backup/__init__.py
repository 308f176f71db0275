"""A copy of everything, made while everybody works; put back into an empty place; moved from SQLite to PostgreSQL."""
