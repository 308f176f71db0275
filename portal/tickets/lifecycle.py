"""The life-cycle of tickets and tasks: which move leads where, who may make it, and which task comes after which."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar


class TaskState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    SIGNED_FOR = "signed_for"
    ANSWERED = "answered"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class TaskMove(StrEnum):
    SEND = "send"
    SIGN_FOR = "sign_for"
    ANSWER = "answer"
    RETURN = "return"
    RESEND = "resend"
    HAND_ON = "hand_on"
    SUSPEND = "suspend"
    RESUME = "resume"
    ASK_EXTENSION = "ask_extension"
    EXTEND = "extend"
    "an extension that was asked for is granted; refusing it is for the same side to do"
    ASSIGN = "assign"
    CANCEL = "cancel"
    REOPEN = "reopen"
    WAIT = "wait"
    "back into the queue: on a ticket that is reopened, the turn of the task comes again"


class TicketState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class TicketMove(StrEnum):
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    ADD_PLACE = "add_place"


class Outcome(StrEnum):
    """What an answer says."""

    DONE = "done"
    REFUSED = "refused"


class Place(StrEnum):
    """Whose task it is, in the words of `data/procedures.toml`."""

    RESIDENCE = "residence"
    REGISTRY = "registry"
    FORMER_REGISTRY = "former registry"
    FOUND_AT = "found-at"
    CORPS = "corps"
    COMMON_SUPERIOR = "common superior"


class Side(StrEnum):
    """Who may make a move, seen from the ticket."""

    OWING_UNIT = "owing unit"
    OPENER = "opener"
    ONE_LEVEL_UP = "one level up"
    "a supervisor of the unit directly above the owing one; of that unit itself, if nobody above it is on the ladder"
    ABOVE = "above"
    "a supervisor of any unit above the owing one"
    SYSTEM = "system"


TASK_MOVES: Mapping[tuple[TaskState, TaskMove], TaskState] = MappingProxyType(
    {
        (TaskState.WAITING, TaskMove.SEND): TaskState.SENT,
        (TaskState.WAITING, TaskMove.CANCEL): TaskState.CANCELLED,
        (TaskState.SENT, TaskMove.SIGN_FOR): TaskState.SIGNED_FOR,
        (TaskState.SENT, TaskMove.ANSWER): TaskState.ANSWERED,
        (TaskState.SENT, TaskMove.RETURN): TaskState.RETURNED,
        (TaskState.SENT, TaskMove.HAND_ON): TaskState.SENT,
        (TaskState.SENT, TaskMove.SUSPEND): TaskState.SUSPENDED,
        (TaskState.SENT, TaskMove.ASK_EXTENSION): TaskState.SENT,
        (TaskState.SENT, TaskMove.EXTEND): TaskState.SENT,
        (TaskState.SENT, TaskMove.ASSIGN): TaskState.SENT,
        (TaskState.SENT, TaskMove.CANCEL): TaskState.CANCELLED,
        (TaskState.SIGNED_FOR, TaskMove.ANSWER): TaskState.ANSWERED,
        (TaskState.SIGNED_FOR, TaskMove.RETURN): TaskState.RETURNED,
        (TaskState.SIGNED_FOR, TaskMove.HAND_ON): TaskState.SENT,
        (TaskState.SIGNED_FOR, TaskMove.SUSPEND): TaskState.SUSPENDED,
        (TaskState.SIGNED_FOR, TaskMove.ASK_EXTENSION): TaskState.SIGNED_FOR,
        (TaskState.SIGNED_FOR, TaskMove.EXTEND): TaskState.SIGNED_FOR,
        (TaskState.SIGNED_FOR, TaskMove.ASSIGN): TaskState.SIGNED_FOR,
        (TaskState.SIGNED_FOR, TaskMove.CANCEL): TaskState.CANCELLED,
        (TaskState.RETURNED, TaskMove.RESEND): TaskState.SENT,
        (TaskState.RETURNED, TaskMove.CANCEL): TaskState.CANCELLED,
        (TaskState.SUSPENDED, TaskMove.RESUME): TaskState.SIGNED_FOR,
        (TaskState.SUSPENDED, TaskMove.ASSIGN): TaskState.SUSPENDED,
        (TaskState.SUSPENDED, TaskMove.CANCEL): TaskState.CANCELLED,
        (TaskState.ANSWERED, TaskMove.REOPEN): TaskState.SENT,
        (TaskState.ANSWERED, TaskMove.WAIT): TaskState.WAITING,
        (TaskState.CANCELLED, TaskMove.WAIT): TaskState.WAITING,
    }
)

TICKET_MOVES: Mapping[tuple[TicketState, TicketMove], TicketState] = MappingProxyType(
    {
        (TicketState.OPEN, TicketMove.RESOLVE): TicketState.RESOLVED,
        (TicketState.OPEN, TicketMove.WITHDRAW): TicketState.WITHDRAWN,
        (TicketState.OPEN, TicketMove.ADD_PLACE): TicketState.OPEN,
        (TicketState.RESOLVED, TicketMove.CLOSE): TicketState.CLOSED,
        (TicketState.RESOLVED, TicketMove.REOPEN): TicketState.OPEN,
        (TicketState.CLOSED, TicketMove.REOPEN): TicketState.OPEN,
    }
)

WHO: Mapping[TaskMove, frozenset[Side]] = MappingProxyType(
    {
        TaskMove.SEND: frozenset({Side.SYSTEM}),
        TaskMove.SIGN_FOR: frozenset({Side.OWING_UNIT}),
        TaskMove.ANSWER: frozenset({Side.OWING_UNIT}),
        TaskMove.RETURN: frozenset({Side.OWING_UNIT}),
        TaskMove.RESEND: frozenset({Side.OPENER}),
        TaskMove.HAND_ON: frozenset({Side.OWING_UNIT, Side.ABOVE}),
        TaskMove.SUSPEND: frozenset({Side.OWING_UNIT}),
        TaskMove.RESUME: frozenset({Side.OWING_UNIT}),
        TaskMove.ASK_EXTENSION: frozenset({Side.OWING_UNIT}),
        TaskMove.EXTEND: frozenset({Side.ONE_LEVEL_UP}),
        TaskMove.ASSIGN: frozenset({Side.OWING_UNIT}),
        TaskMove.CANCEL: frozenset({Side.OPENER}),
        TaskMove.REOPEN: frozenset({Side.OPENER}),
        TaskMove.WAIT: frozenset({Side.SYSTEM}),
    }
)

WHO_TICKET: Mapping[TicketMove, frozenset[Side]] = MappingProxyType(
    {
        TicketMove.RESOLVE: frozenset({Side.SYSTEM}),
        TicketMove.CLOSE: frozenset({Side.OPENER}),
        TicketMove.REOPEN: frozenset({Side.OPENER}),
        TicketMove.WITHDRAW: frozenset({Side.OPENER}),
        TicketMove.ADD_PLACE: frozenset({Side.OPENER}),
    }
)

OPEN_STATES = frozenset({TaskState.SENT, TaskState.SIGNED_FOR, TaskState.RETURNED, TaskState.SUSPENDED})
"A task of which somebody owes something now: the owing unit, or after a return the opener."

SETTLED_STATES = frozenset({TaskState.ANSWERED, TaskState.CANCELLED})
"A task of which nobody owes anything any more."

UNDER_WAY = TicketState.OPEN, TicketState.RESOLVED
"A ticket that is neither closed nor withdrawn."


class MoveNotAllowed(ValueError):  # noqa: N818  an answer, not a fault of the program
    """The state does not allow the move."""

    def __init__(self, state: TaskState | TicketState, move: TaskMove | TicketMove) -> None:
        super().__init__(f"{move} is not allowed in state {state}")
        self.state, self.move = state, move


class TaskFacts(Protocol):
    """What the order of a procedure's steps asks of a task."""

    @property
    def step(self) -> str:
        """The step's name; several tasks may bear it."""

    @property
    def state(self) -> TaskState: ...

    @property
    def after(self) -> Sequence[str]:
        """The names of the steps that must be answered before."""

    @property
    def outcome(self) -> Outcome | None: ...


T = TypeVar("T", bound=TaskFacts)


def move_task(state: TaskState, move: TaskMove) -> TaskState:
    """The state that the move leads to; MoveNotAllowed."""
    if (state, move) not in TASK_MOVES:
        raise MoveNotAllowed(state, move)
    return TASK_MOVES[state, move]


def move_ticket(state: TicketState, move: TicketMove) -> TicketState:
    """The state that the move leads to; MoveNotAllowed."""
    if (state, move) not in TICKET_MOVES:
        raise MoveNotAllowed(state, move)
    return TICKET_MOVES[state, move]


def ready(tasks: Iterable[T]) -> list[T]:
    """The waiting tasks that can be sent now: every step before them is done.

    A step is done when all its tasks that were not cancelled are answered `done`, at least one of them; a step that the
    ticket does not have holds nobody up.
    """
    known = list(tasks)
    return [task for task in _waiting(known) if all(_done(known, step) for step in task.after)]


def followers(tasks: Iterable[T], of: str) -> list[T]:
    """The waiting tasks that come after the step named `of`, directly or over others: a refusal cancels them."""
    known = list(tasks)
    behind = {of} | steps_behind(known, {of})
    return [task for task in _waiting(known) if behind.intersection(task.after)]


def steps_behind(tasks: Iterable[TaskFacts], steps: Iterable[str]) -> set[str]:
    """The names of the steps that come after these, directly or over others."""
    known, behind = list(tasks), set(steps)
    found: set[str] = set()
    while more := {task.step for task in known if behind.intersection(task.after)} - found:
        found |= more
        behind |= more
    return found


def cancelled_with(tasks: Iterable[T], task: T) -> list[T]:
    """The task, and what waits for it alone: a step that has no task any more would hold it up for ever."""
    known = list(tasks)
    others = [one for one in known if one is not task and one.step == task.step]
    alone = all(one.state is TaskState.CANCELLED for one in others)
    return [task, *(one for one in followers(known, task.step) if alone and one is not task)]


def finished(tasks: Iterable[TaskFacts]) -> bool:
    """Whether nothing is open or waiting any more, so that the ticket resolves by itself; never without any task."""
    states = {task.state for task in tasks}
    return bool(states) and states <= SETTLED_STATES


def _waiting(tasks: Iterable[T]) -> list[T]:
    return [task for task in tasks if task.state is TaskState.WAITING]


def _done(tasks: Iterable[TaskFacts], step: str) -> bool:
    named = [task for task in tasks if task.step == step]
    counted = [task for task in named if task.state is not TaskState.CANCELLED]
    return not named or (bool(counted) and all(map(_answered_done, counted)))


def _answered_done(task: TaskFacts) -> bool:
    return task.state is TaskState.ANSWERED and task.outcome is Outcome.DONE
