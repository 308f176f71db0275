"""The ladder of escalation and its policy."""
