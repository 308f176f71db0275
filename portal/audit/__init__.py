"""The chained log of who did and saw what."""
