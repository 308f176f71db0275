"""What tickets are found by: the terms of their texts, kept blind."""
