"""Tickets that belong together: related ones, and duplicates that were merged."""
