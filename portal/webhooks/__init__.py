"""Web hooks: other systems are told what happens, signed and in order."""
