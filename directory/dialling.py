"""Whether the digits of a phone can be dialled from within the province."""

import re
from collections.abc import Mapping

MOBILE = re.compile(r"(86)?1[3-9]\d{9}")
LONG_DISTANCE = re.compile(r"0(10|2\d|[3-9]\d{2})\d{7,8}")
SERVICE = re.compile(r"1[0-2]\d|1[0-2]\d{3}|9[56]\d{3,4}|[48]00\d{7}")
"110, 12345, 96110, 400 and 800 numbers."


def dialable(digits: str, areas: Mapping[str, int]) -> bool:
    """A mobile number, a service number, or an area code with as many digits as that area's numbers have.

    `areas`: the province's own area codes with the number of digits after them. Another province's number may have
    seven or eight. Without an area code nobody knows where a number rings, so that it cannot be dialled.
    """
    if MOBILE.fullmatch(digits) or SERVICE.fullmatch(digits):
        return True
    national = "0" + digits[2:].removeprefix("0") if digits.startswith("86") else digits
    area = next((code for code in areas if national.startswith(code)), None)
    if area is not None:
        return len(national) == len(area) + areas[area]
    return LONG_DISTANCE.fullmatch(national) is not None
