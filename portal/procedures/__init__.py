"""Kinds of case: steps, limits, materials."""
