"""The schemas that administrators have: the newest migration of each version that was released, the oldest first.

Whoever numbers a version adds its line: from then on the upgrade from it is tested with rows in every table.
"""

RELEASED = {"0.1.0": "0030", "0.2.0": "0032", "0.2.1": "0033"}
