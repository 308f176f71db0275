"""Shared by all pages: access, permissions, signed links, error pages, base form, languages."""
