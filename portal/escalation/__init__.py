"""The sweep: rungs climbed, with the mails they cause."""
