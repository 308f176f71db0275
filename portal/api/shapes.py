"""What other systems get: plain JSON, instants as ISO 8601 with the portal's offset."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from directory.freshness import assess
from directory.models import Contact
from directory.registers import RegisterHint
from directory.working_time import WorkingCalendar
from portal.api.tags import tag_of_task
from portal.conversation.models import Attachment
from portal.ladder.ladder import ClockKind
from portal.procedures.catalogue import Phrase, Procedure, Step
from portal.procedures.limit import Limit
from portal.tickets.forecast import ForecastRung
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.readers import addressee

Json = dict[str, Any]
Units = Mapping[str, Json]
"{code, name, kind, path} by code."
File = tuple[Attachment, str]
"A file of a message, and where it is fetched."


def instant(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def ticket(
    one: Ticket, tag: str, entries: Iterable[Entry], files: Sequence[File], units: Units, zone: ZoneInfo
) -> Json:
    """A ticket as its parties see it; a citizen's data is not in it."""
    of_entry: dict[int, list[File]] = defaultdict(list)
    for attachment, url in files:
        of_entry[attachment.entry_id].append((attachment, url))
    history = [entry(each, of_entry[each.id], units, zone) for each in entries]
    return _summary(one, units, zone) | {"etag": tag, "entries": history}


def listed_ticket(one: Ticket, updated_at: datetime, units: Units, zone: ZoneInfo) -> Json:
    return _summary(one, units, zone) | {"updated_at": instant(updated_at, zone)}


def _summary(one: Ticket, units: Units, zone: ZoneInfo) -> Json:
    return {
        "number": one.number,
        "state": one.state,
        "procedure": one.procedure,
        "urgency": one.urgency,
        "subject": one.subject,
        "reference": one.reference,
        "drill": one.drill,
        "accepted_on": one.accepted_on.isoformat(),
        "opened_at": instant(one.opened_at, zone),
        "opened_by": units[one.opener_code],
        "due_at": instant(one.due_at, zone),
        "tasks": [task(each, units, zone) for each in one.tasks],
    }


def task(one: Task, units: Units, zone: ZoneInfo) -> Json:
    clocks = one.present_clocks
    sign_for, answer = clocks.get(ClockKind.SIGN_FOR), clocks.get(ClockKind.ANSWER)
    return {
        "id": one.id,
        "etag": tag_of_task(one),
        "step": one.step,
        "place": one.place,
        "unit": units[one.unit_code],
        "state": one.state,
        "outcome": one.outcome,
        "cycle": one.cycle,
        "sent_at": instant(one.sent_at, zone),
        "sign_for_due_at": instant(sign_for.due_at, zone) if sign_for else None,
        "due_at": instant(answer.due_at, zone) if answer else None,
        "provisional": any(clock.provisional for clock in clocks.values()),
        "rung": one.rung,
        "handed_on": one.handed_on,
        "suspended_until": instant(one.suspended_until, zone),
        "assignee": assignee.name if (assignee := one.assignee or one.assignee_post) else None,
    }


def entry(one: Entry, files: Iterable[File], units: Units, zone: ZoneInfo) -> Json:
    """A line of the history; `to` is the unit to which alone it was written."""
    return {
        "id": one.id,
        "at": instant(one.at, zone),
        "kind": one.kind,
        "by": one.by,
        "to": units[to.code] if (to := addressee(one)) else None,
        "text": one.text,
        "edited_at": instant(one.edited_at, zone),
        "attachments": [_attachment(attachment, url) for attachment, url in files],
    }


def _attachment(one: Attachment, url: str) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "media_type": one.media_type,
        "size": one.size,
        "sha256": one.sha256,
        "url": url,
    }


def forecast(rungs: Sequence[ForecastRung], units: Units, zone: ZoneInfo) -> Json:
    return {"rungs": [_rung(rung, units, zone) for rung in rungs]}


def _rung(rung: ForecastRung, units: Units, zone: ZoneInfo) -> Json:
    task_ = rung.task
    return {
        "task": task_.id if task_ else None,
        "step": task_.step if task_ else None,
        "clock": rung.clock.kind,
        "rung": rung.number,
        "at": instant(rung.at, zone),
        "unit": units[rung.unit],
        "recipients": rung.recipients.addresses,
        "copies": rung.recipients.copied,
        "skipped": rung.skipped,
    }


def contact(one: Contact, at: datetime) -> Json:
    phones = [{"number": each.number, "extension": each.extension, "remark": each.remark} for each in one.phones]
    return {
        "id": one.id,
        "role": one.role,
        "rank": one.rank,
        "name": one.name,
        "post": one.post,
        "email": one.email,
        "freshness": str(assess(one, at).state),
        "phones": phones,
    }


def register(hint: RegisterHint, units: Units) -> Json:
    former = [{"name": each.name, "since": each.since, "until": each.until, "now": [*each.now]} for each in hint.former]
    keepers = [units[keeper.code] for keeper in hint.keepers]
    return {"code": hint.code, "now": hint.now, "former": former, "keepers": keepers}


def calendar(unit: Json, year: int, one: WorkingCalendar, days: Sequence[date]) -> Json:
    return {
        "unit": unit,
        "year": year,
        "timezone": str(one.tz),
        "known_until": one.known_until.isoformat(),
        "days": [_day(one, day) for day in days],
    }


def _day(one: WorkingCalendar, day: date) -> Json:
    hours = [{"opens": f"{each.opens:%H:%M}", "closes": f"{each.closes:%H:%M}"} for each in one.hours(day)]
    return {"day": day.isoformat(), "rule": one.rule_of(day), "hours": hours}


def procedure(one: Procedure) -> Json:
    return {
        "code": one.code,
        "zh": one.zh,
        "en": one.en,
        "urgency": one.urgency,
        "overall": _limit(one.overall) if one.overall else None,
        "places_named": [*one.places_named],
        "materials": [_phrase(each) for each in one.materials],
        "refusal_grounds": [_phrase(each) for each in one.refusal_grounds],
        "steps": [_step(step) for step in one.steps],
    }


def _phrase(one: Phrase) -> Json:
    return {"zh": one.zh, "en": one.en}


def _step(one: Step) -> Json:
    return {
        "step": one.step,
        "zh": one.zh,
        "place": one.place,
        "limit": _limit(one.limit),
        "after": [*one.after],
        "repeat": one.repeat,
    }


def _limit(one: Limit) -> Json:
    return {"amount": one.amount, "unit": one.unit}
