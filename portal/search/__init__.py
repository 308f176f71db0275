"""Search over the tickets that one may see."""
