"""A task on the ticket's page: its clocks that run, and the forms of the moves that the reader may make on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.errors import Text
from portal.procedures.catalogue import Phrase
from portal.tickets import forms
from portal.tickets.assigning import officers_of, posts_of
from portal.tickets.blanks import NUMBER, TASK, blank, drawn_by, empty
from portal.tickets.extension import Extension
from portal.tickets.lifecycle import SETTLED_STATES, TaskMove, TaskState
from portal.tickets.models import Clock, Task
from portal.tickets.moves import needs_explanation
from portal.tickets.queries import allowed_moves
from portal.web.actor import Actor
from portal.web.forms import PortalForm
from portal.web.unit_choice import settle

FORMS: Mapping[TaskMove, type[forms.MoveForm]] = {
    TaskMove.SIGN_FOR: forms.SignForForm,
    TaskMove.ANSWER: forms.AnswerForm,
    TaskMove.RETURN: forms.ReturnForm,
    TaskMove.RESEND: forms.ResendForm,
    TaskMove.RESUME: forms.ResumeForm,
    TaskMove.HAND_ON: forms.HandOnForm,
    TaskMove.SUSPEND: forms.SuspendForm,
    TaskMove.ASK_EXTENSION: forms.AskExtensionForm,
    TaskMove.EXTEND: forms.DecideForm,
    TaskMove.ASSIGN: forms.AssignForm,
    TaskMove.CANCEL: forms.CancelForm,
}
"The moves that have a form on the page."

RARE = (TaskMove.HAND_ON, TaskMove.SUSPEND, TaskMove.ASK_EXTENSION, TaskMove.CANCEL)
"Those that are folded away together."

ALIKE = frozenset(FORMS) - {TaskMove.ANSWER, TaskMove.ASSIGN, TaskMove.EXTEND}
"Those whose form is the same on every task, while nothing is typed in it."

MOVES, OFTEN = "components/task_moves.html", 2
"Where they are drawn; how often a task was handed on before that is told beside the form for it."

Choices = Sequence[tuple[str, str]]


class NotTyped(NamedTuple):
    """Stands for an empty form that is the same for all: it need not be made, to be drawn."""

    form_id: str


MoveForm = PortalForm | NotTyped


@dataclass(frozen=True)
class Interrupted:
    """A form that was not carried out: shown again as it was typed, with what happened meanwhile."""

    form: PortalForm
    task_id: int | None = None
    message: Text | None = None
    "why not, where no field is at fault"
    since: int | None = None
    "the last entry that the officer had seen"


@dataclass(frozen=True)
class Wanted:
    """What the address of the page asks for: a form that stands open, a unit that is chosen in it."""

    form_id: str = ""
    unit: str = ""


NOTHING = Wanted()


@dataclass(frozen=True)
class Shown:
    """What all cards of a page have in common."""

    actor: Actor
    asked: Mapping[int, Extension]
    "requests for more time that wait, by task"
    who: Mapping[str, Choices]
    "who can be given a task, by unit"
    seen: int
    "the last entry on the page"
    grounds: Sequence[Phrase]
    again: Interrupted | None
    wanted: Wanted

    @property
    def opened(self) -> str:
        """The id of the form that stands open."""
        return self.again.form.form_id if self.again else self.wanted.form_id


@dataclass
class TaskCard:
    """One task with its clocks that run and the forms of the moves that the reader may make on it."""

    task: Task
    clocks: Sequence[Clock]
    forms: Mapping[str, MoveForm]
    explain: bool
    grounds: Sequence[Phrase]
    asked: Extension | None
    "more time, asked for and not decided"
    opened: str
    "the id of the form that stands open"
    me: str
    "the reader, as who can be given a task"
    seen: int
    "the last entry on the page"

    def drawn(self, move: str, page: Any) -> Markup:
        """The form of a move; `page`, on which it stands."""
        if not isinstance(self.forms[move], NotTyped):
            return drawn_by(MOVES, f"{move}_form", self, page)
        often = self.task.handed_on if move == TaskMove.HAND_ON.value and self.task.handed_on >= OFTEN else 0
        return blank(_empty_move, move, often, number=page.ticket.number, task=self.task.id,
                     version=self.task.version, seen=self.seen)  # fmt: skip

    @property
    def nearest(self) -> Clock | None:
        """The clock that runs out first."""
        return min(self.clocks, key=lambda clock: clock.due_at, default=None)

    @property
    def settled(self) -> bool:
        """Nothing is to be done with it: where there are many, it is folded."""
        return self.task.state in SETTLED_STATES and not self.forms

    @property
    def mine(self) -> bool:
        return bool(self.forms)

    @property
    def rare(self) -> list[MoveForm]:
        return [self.forms[move.value] for move in RARE if move.value in self.forms]

    @property
    def stands(self) -> bool:
        return self.task.state is TaskState.SUSPENDED


def card_of(session: Session, task: Task, shown: Shown) -> TaskCard:
    made = {move: _form(session, move, task, shown) for move in _moves(task, shown)}
    return TaskCard(
        task=task,
        clocks=[clock for clock in task.clocks if clock.stopped_at is None],
        forms={move.value: form for move, form in made.items()},
        explain=needs_explanation(task),
        grounds=shown.grounds,
        asked=shown.asked.get(task.id),
        opened=shown.opened,
        me=f"officer {shown.actor.officer_id}" if shown.actor.officer_id else "",
        seen=shown.seen,
    )


def assignees(session: Session, unit_code: str) -> Choices:
    """Who of a unit can be given a task, by what the form sends: its officers, then its posts."""
    officers = [(f"officer {one.id}", one.name) for one in session.scalars(officers_of(unit_code))]
    posts = [(f"post {one.id}", f"{one.name} · {one.post}" if one.post else one.name)
             for one in session.scalars(posts_of(unit_code))]  # fmt: skip
    return [*officers, *posts]


def form_ids(move: TaskMove, task_id: int) -> str:
    """What the ids of a move's form begin with."""
    return f"{move.value.replace('_', '-')}-{task_id}"


def _moves(task: Task, shown: Shown) -> list[TaskMove]:
    """The moves with a form; more time is asked for once, and decided where it was asked for."""
    allowed = allowed_moves(shown.actor, task)
    without = {TaskMove.ASK_EXTENSION} if task.id in shown.asked else {TaskMove.EXTEND}
    return [move for move in FORMS if move in allowed - without]


def _form(session: Session, move: TaskMove, task: Task, shown: Shown) -> MoveForm:
    """The form as it was typed, if it is the one that was not carried out, else an empty one."""
    again, ids = shown.again, form_ids(move, task.id)
    typed = again is not None and again.task_id == task.id and isinstance(again.form, FORMS[move])
    if move in ALIKE and not typed and ids != shown.opened:
        return NotTyped(ids)
    form = again.form if again and typed else FORMS[move](formdata=None, ids=ids)
    form.version.data, form.seen.data = task.version, shown.seen
    if isinstance(form, forms.AssignForm):
        form.to.choices = [("", ""), *shown.who.get(task.unit_code, ())]
        form.to.data = form.to.data if typed else _has_it(task)
    if isinstance(form, forms.HandOnForm) and not typed and form.form_id == shown.wanted.form_id:
        form.unit.form.code.data = shown.wanted.unit
        settle(session, form.unit.form, shown.actor.unit_code)
    return form


def _empty_move(move: str, handed_on: int) -> Markup:
    form = empty(FORMS[TaskMove(move)], form_ids(TaskMove(move), TASK))
    task = SimpleNamespace(id=TASK, handed_on=handed_on)
    page = SimpleNamespace(ticket=SimpleNamespace(number=NUMBER), interrupted=None)
    return drawn_by(MOVES, f"{move}_form", SimpleNamespace(forms={move: form}, task=task, opened=""), page)


def _has_it(task: Task) -> str:
    if task.assignee_id is not None:
        return f"officer {task.assignee_id}"
    return f"post {task.assignee_post_id}" if task.assignee_post_id is not None else ""
