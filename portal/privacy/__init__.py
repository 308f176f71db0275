"""What is forgotten after its time, and keys that are exchanged: over all that the portal keeps of citizens."""
