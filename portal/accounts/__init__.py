"""Officers, roles, sign-in, sessions, tokens."""
