"""Who works here: accounts that come, move and leave; the roles they are granted; where they are signed in."""
