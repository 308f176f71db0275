"""Incoming mail: bounces heal contacts, replies become messages."""
