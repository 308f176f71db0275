"""The interface for other systems, /api/v1."""
