"""A ticket printed as an official liaison letter (联系函)."""
