"""Which contact a record tells of: by unit, role and name, else by mailbox or phone; what is ambiguous is asked."""

from collections.abc import Callable, Sequence

from directory.phones import PrintedPhone, read_phones, show_phones
from directory.sheets.facts import ContactFacts, UnitFacts, normalise
from directory.sheets.plan import (
    JOIN,
    NEW,
    Asked,
    Candidate,
    Change,
    Question,
    Reason,
    RefusalError,
)
from directory.sheets.state import Attempt, Slot, State
from directory.sheets.units import answered
from directory.sheets.values import Said, joined

Test = Callable[[Slot], bool]
ROLE_NAMES = {"desk": "窗口", "registrar": "户籍内勤", "supervisor": "分管领导", "leader": "负责人"}
"As the table prints them; `columns.role_of` reads them."


class Matcher:
    """Finds, for what one line says of people, the contacts of its unit."""

    def __init__(self, state: State, unit: UnitFacts, attempt: Attempt, key: str) -> None:
        self.state = state
        self.unit = unit
        self.attempt = attempt
        self.key = key
        self.area = state.area(unit)
        self.slots = [slot for slot in state.contacts(unit.code) if not slot.now.retired]

    def take(self, said: Said, place: int) -> None:
        """Note what becomes of the contact; QuestionError, SkippedError or RefusalError where that is not plain."""
        slot, joins = self._find(said, f"{self.key}:{place}")
        if slot is None:
            facts = self._made(said)
            slot = Slot(None, facts)
            self.slots.append(slot)
            self.attempt.brings_contact = True
            self.attempt.changes += _changes_of_new(facts)
        else:
            facts = self._changed(slot.now, said, joins=joins)
            self.attempt.changes += _changes(slot.now, facts)
        self.attempt.slots.append((slot, facts))

    # --- which one ---------------------------------------------------------------------------------------------------

    def _find(self, said: Said, key: str) -> tuple[Slot | None, bool]:
        """The contact, None for a new one; and whether the sheet's phones come to those there are."""
        if not said.name:
            return self._nameless(said, key), False
        namesakes = [slot for slot in self.slots if normalise(slot.now.name) == normalise(said.name)]
        in_role = [slot for slot in namesakes if slot.now.role == said.role or not said.role_is_told]
        if in_role:
            return self._among_namesakes(in_role, said, key)
        if namesakes:
            return self._in_other_role(namesakes, said, key), False
        return self._by_reach(said, key), False

    def _among_namesakes(self, slots: list[Slot], said: Said, key: str) -> tuple[Slot | None, bool]:
        free = [slot for slot in slots if not self._told(slot)]
        best = self._best(free, said)
        if best is not None:
            return best, False
        if free:
            return self._ask(Asked.WHICH_CONTACT, free, said, key, NEW), False
        told = next((slot for slot in slots if not self._differs(slot, said)), None)
        if told is not None or self._is_another(slots, said):
            return told, False
        return self._ask_twice(slots[0], said, key)

    def _best(self, slots: Sequence[Slot], said: Said) -> Slot | None:
        """The only one, or the only one that shares mailbox, phone or rank with what is said."""
        for test in self._evidence(said):
            shared = [slot for slot in slots if test(slot)]
            if len(shared) == 1:
                return shared[0]
        return slots[0] if len(slots) == 1 and not self._contradicts(slots[0], said) else None

    def _evidence(self, said: Said) -> list[Test]:
        tests: list[Test] = []
        if said.email:
            tests.append(lambda slot: slot.now.email.casefold() == said.email.casefold())
        if said.phones:
            tests.append(lambda slot: bool(_numbers(slot.now.phones) & _numbers(said.phones)))
        if said.rank is not None:
            tests.append(lambda slot: slot.now.rank == said.rank)
        return tests

    def _contradicts(self, slot: Slot, said: Said) -> bool:
        """Another rank and another mailbox: another desk of the same name."""
        other_rank = said.rank is not None and slot.now.rank != said.rank
        other_email = bool(said.email and slot.now.email) and slot.now.email.casefold() != said.email.casefold()
        return other_rank and other_email

    def _is_another(self, slots: Sequence[Slot], said: Said) -> bool:
        """All of these have another rank, or another mailbox."""
        return all(
            (said.rank is not None and slot.now.rank != said.rank)
            or (said.email and slot.now.email and slot.now.email.casefold() != said.email.casefold())
            for slot in slots
        )

    def _differs(self, slot: Slot, said: Said) -> bool:
        return self._changed(slot.now, said) != slot.now

    def _ask_twice(self, slot: Slot, said: Said, key: str) -> tuple[Slot | None, bool]:
        candidates = (Candidate(JOIN), Candidate(NEW), Candidate("skip"))
        facts = {"name": said.name, "row": str(slot.rows[0])}
        answer = answered(self.state, Question(f"{key}:{Asked.TWICE}", Asked.TWICE, facts, candidates))
        return (slot, True) if answer == JOIN else (None, False)

    def _in_other_role(self, slots: list[Slot], said: Said, key: str) -> Slot | None:
        tests = self._evidence(said)[: bool(said.email) + bool(said.phones)]
        same = [slot for slot in slots if any(test(slot) for test in tests) and not self._told(slot)]
        if len(same) == 1:
            return same[0]
        free = [slot for slot in slots if not self._told(slot)]
        return self._ask(Asked.SAME_PERSON, free, said, key, NEW) if free else None

    def _by_reach(self, said: Said, key: str) -> Slot | None:
        free = [slot for slot in self.slots if not self._told(slot)]
        by_email = [slot for slot in free if said.email and slot.now.email.casefold() == said.email.casefold()]
        if len(by_email) == 1:
            return by_email[0]
        mobiles = {number for number in _numbers(said.phones) if number.startswith("1") and len(number) == 11}
        by_mobile = [slot for slot in free if _numbers(slot.now.phones) & mobiles]
        by_phone = [
            slot
            for slot in free
            if slot.now.role == said.role and slot.now.name and _numbers(slot.now.phones) & _numbers(said.phones)
        ]
        if found := by_email or by_mobile or by_phone:
            return self._ask(Asked.REPLACED, found, said, key, NEW)
        self._check_not_retired(said, key)
        return None

    def _check_not_retired(self, said: Said, key: str) -> None:
        retired = [slot for slot in self.state.contacts(self.unit.code) if slot.now.retired]
        if any(normalise(slot.now.name) == normalise(said.name) for slot in retired):
            self._ask(Asked.RETIRED, [], said, key, NEW)

    def _nameless(self, said: Said, key: str) -> Slot | None:
        """A line without a name: the one who has the mailbox or the phone, else the only one in the role."""
        for test in self._evidence(said):
            found = [
                slot for slot in self.slots if test(slot) and (slot.now.role == said.role or not said.role_is_told)
            ]
            if len(found) == 1:
                return found[0]
        in_role = [slot for slot in self.slots if slot.now.role == said.role]
        nameless = [slot for slot in in_role if not slot.now.name or slot.now.name == said.post]
        if len(in_role) > 1 and len(nameless) != 1:
            return self._ask(Asked.WHICH_CONTACT, in_role, said, key, NEW)
        found = nameless if len(in_role) > 1 else in_role
        if found and self._told(found[0]) and self._differs(found[0], said):
            slot, _joins = self._ask_twice(found[0], said, key)
            return slot
        return found[0] if found else None

    def _told(self, slot: Slot) -> bool:
        """A line above, or this one, has told of this contact already."""
        return bool(slot.rows) or any(slot is other for other, _facts in self.attempt.slots)

    def _ask(self, kind: Asked, slots: Sequence[Slot], said: Said, key: str, *words: str) -> Slot | None:
        chosen = [slot for slot in slots if slot.now.id is not None]
        candidates = (
            *(Candidate(f"contact:{slot.now.id}", name=_shown(slot.now)) for slot in chosen),
            *(Candidate(word) for word in (*words, "skip")),
        )
        facts = {"name": said.name, "role": said.role, "phones": show_phones(said.phones), "unit": self.unit.name}
        answer = answered(self.state, Question(f"{key}:{kind}", kind, facts, candidates))
        return next((slot for slot in chosen if answer == f"contact:{slot.now.id}"), None)

    # --- what becomes of it ------------------------------------------------------------------------------------------

    def _made(self, said: Said) -> ContactFacts:
        ranks = [slot.now.rank for slot in self.slots if slot.now.role == said.role]
        return ContactFacts(
            id=None,
            unit_code=self.unit.code,
            role=said.role,
            rank=said.rank if said.rank is not None else max(ranks, default=0) + 1,
            name=said.name or said.post or ROLE_NAMES[said.role],
            post=said.post,
            email=said.email,
            remark=joined([said.remark, *said.all_leftovers]),
            phones=said.phones,
        )

    def _changed(self, facts: ContactFacts, said: Said, *, joins: bool = False) -> ContactFacts:
        same_phones = show_phones(facts.phones).strip() in said.phone_cells
        return ContactFacts(
            id=facts.id,
            unit_code=facts.unit_code,
            role=said.role if said.role_is_told else facts.role,
            rank=facts.rank if said.rank is None else said.rank,
            name=_either(facts.name, said.name),
            post=_either(facts.post, said.post),
            email=facts.email if said.email.casefold() == facts.email.casefold() else said.email or facts.email,
            remark=_remark(facts.remark, said.remark, said.leftovers if same_phones else said.all_leftovers),
            phones=facts.phones if same_phones else self._phones(facts.phones, said.phones, joins=joins),
            retired=facts.retired,
        )

    def _phones(
        self, known: tuple[PrintedPhone, ...], said: tuple[PrintedPhone, ...], *, joins: bool
    ) -> tuple[PrintedPhone, ...]:
        """The numbers that the sheet gives take the place of those of their kind; mobiles and others are kinds."""
        if not said or said == known:
            return known
        before = {phone.digits: phone for phone in read_phones(show_phones(known), self.area).phones}
        told = [_with_remark_of(before.get(phone.digits), phone) for phone in said]
        if all(before.get(phone.digits) == phone for phone in told):
            return known
        kinds = set() if joins else {_is_mobile(phone) for phone in told}
        kept = [phone for phone in known if _is_mobile(phone) not in kinds and phone.digits not in _numbers(told)]
        return (*kept, *told)


def _either(known: str, said: str) -> str:
    """What the sheet says, unless it is the same but for blanks and width."""
    return said if said and said != known and normalise(said) != normalise(known) else known


def _remark(known: str, said: str, leftovers: Sequence[str]) -> str:
    """A remark takes the place of the one there was; what could not be read is added to it, once."""
    if said:
        told = joined([said, *leftovers])
        return known if _plain(told) == _plain(known) else told
    return joined([known, *(leftover for leftover in leftovers if _plain(leftover) not in _plain(known))])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _with_remark_of(known: PrintedPhone | None, phone: PrintedPhone) -> PrintedPhone:
    """A number that stands bare in the sheet keeps the extension and the remark that it has."""
    bare = not phone.extension and not phone.remark
    return known if known is not None and bare else phone


def _numbers(phones: Sequence[PrintedPhone]) -> set[str]:
    return {phone.digits for phone in phones}


def _is_mobile(phone: PrintedPhone) -> bool:
    return len(phone.digits) == 11 and phone.digits.startswith("1")


def _shown(contact: ContactFacts) -> str:
    words = (contact.name, contact.post, ROLE_NAMES.get(contact.role, contact.role), show_phones(contact.phones))
    return " ".join(dict.fromkeys(word for word in (*words, contact.email) if word))


def told_fields(contact: ContactFacts) -> dict[str, str]:
    """The fields that a sheet can tell, as they are shown."""
    return {
        "role": contact.role,
        "rank": str(contact.rank),
        "person": contact.name,
        "post": contact.post,
        "phones": show_phones(contact.phones),
        "email": contact.email,
        "remark": contact.remark,
    }


def _changes_of_new(contact: ContactFacts) -> list[Change]:
    return [
        Change(contact.unit_code, name, None, text, contact.name) for name, text in told_fields(contact).items() if text
    ]


def _changes(before: ContactFacts, after: ContactFacts) -> list[Change]:
    if before == after:
        return []
    old, new = told_fields(before), told_fields(after)
    return [Change(after.unit_code, name, old[name], new[name], after.name) for name in new if old[name] != new[name]]


def check_fits(said: Said) -> None:
    """RefusalError for a remark that nobody could read."""
    if len(said.remark) > 4000:
        raise RefusalError(Reason.TOO_LONG, said.column, longest="4000")
