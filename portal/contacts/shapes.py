"""What commands and other systems get of an import: plain JSON."""

from typing import Any

from directory.importing import line_detail
from directory.sheets.plan import Outcome, Plan
from portal.contacts import import_wording as wording

Json = dict[str, Any]


def import_report(made: Plan) -> Json:
    """`{rows, new, changed, same, refused: [..], asked: [..], changes: [..]}`; outcomes add up to the rows."""
    details = [line_detail(line) for line in made.lines]
    return {
        "rows": len(details),
        **{name: made.counts[name] for name in (Outcome.NEW, Outcome.CHANGED, Outcome.SAME)},
        "refused": [_refused(each) for each in details if each["outcome"] == Outcome.REFUSED],
        "asked": [_asked(each) for each in details if each["outcome"] == Outcome.ASKED],
        "changes": [
            {"row": each["row"], **change}
            for each in details
            for change in each["changes"]
            if change["before"] is not None
        ],
        "unread": made.unread,
    }


def _refused(detail: Json) -> Json:
    place = {"sheet": detail["sheet"], "row": detail["row"], "column": wording.column(detail) or None}
    return place | {"reason": str(wording.reason(detail))}


def _asked(detail: Json) -> Json:
    asked = detail["question"]
    candidates = [
        {**each, "name": str(wording.candidate(each)), "path": list(each["path"])} for each in asked["candidates"]
    ]
    place = {"sheet": detail["sheet"], "row": detail["row"], "key": asked["key"]}
    return place | {"question": str(wording.question(asked)), "candidates": candidates}
