"""The outbox: compose, deliver."""
