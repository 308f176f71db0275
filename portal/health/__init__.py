"""Whether the engine runs: heartbeats of the workers, told to people on every page and to machines."""
