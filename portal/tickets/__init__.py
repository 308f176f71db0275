"""Tickets, tasks, entries: what two or more places do together."""
