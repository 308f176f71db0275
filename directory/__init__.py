"""Who there is: the directory of units, their chain of command, their people and their working time."""
