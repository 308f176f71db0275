"""What an incoming mail is: a bounce, a delay, a machine's answer, a loop, or a person's."""

import re
from collections.abc import Collection
from enum import StrEnum

from portal.correspondence.bounces import failure_of, from_a_server, is_delay
from portal.correspondence.reading import Received

MOST_HOPS = 30
"Servers on the way; more only a mail that goes in circles has passed."

NOBODY = re.compile(
    r"(mailer|mail)[-_.]?daemon|postmaster|(no|do[-_.]?not|dont|never)[-_.]?reply([-_.+].*)?"
    r"|auto[-_.]?(reply|responder|answer)|microsoftexchange[0-9a-f]*|bounces?"
)
"Local parts of addresses behind which nobody reads."

AUTOMATIC_SUBJECT = re.compile(
    r"\W{0,3}(?:"
    r"(?:系统|邮箱|邮件)?自[动動](?:回复|答复|回覆|答覆|应答|转发|发送)|假期(?:自动)?回复|不在办公室"
    r"|(?:正在)?(?:外出|休假|出差|年假|产假)(?:中|期间|通知|自动|，|,|$)"
    r"|auto(?:matic|mated|[- ]?matische)?[-_ ]?(?:reply|response|responder|answer|antwort)|auto:|réponse automatique"
    r"|out[- ]of[- ](?:the[- ])?office|ooo\b|i am (?:out|away)|vacation|away from (?:my )?(?:mail|office|desk)|abwesen"
    r"|(?:已读|未读就?已?删除|已读回执|阅读回执|read receipt|return receipt|gelesen|read|not read)\s?[:：(（]"
    r")",
    re.IGNORECASE,
)
"At the very beginning: after `Re:` a person answers such a mail."


class Sort(StrEnum):
    """What a mail is, by who or what wrote it."""

    BOUNCE = "bounce"
    DELAYED = "delayed"
    AUTOMATIC = "automatic"
    LOOP = "loop"
    PERSON = "person"


def sort(received: Received, *, ours: Collection[str] = ()) -> Sort:
    """A loop first, whatever it holds; then what a mail server says; a person's is what no sign of a machine is on.

    `ours`: the addresses from which the portal writes, without a token.
    """
    if _is_loop(received, ours):
        return Sort.LOOP
    if received.report_type != "disposition-notification" and not _announces_itself(received):
        if failure_of(received) is not None:
            return Sort.BOUNCE
        if is_delay(received):
            return Sort.DELAYED
    return Sort.AUTOMATIC if _is_automatic(received) else Sort.PERSON


def _is_loop(received: Received, ours: Collection[str]) -> bool:
    local, _, domain = (received.sender or "").rpartition("@")
    return bool(received.kind) or received.hops > MOST_HOPS or f"{local.partition('+')[0]}@{domain}" in ours


def _announces_itself(received: Received) -> bool:
    """An answer by rule, though it comes from nowhere as a bounce does; no report says of itself that it is one."""
    return not received.is_report and AUTOMATIC_SUBJECT.match(received.subject) is not None


def _is_automatic(received: Received) -> bool:
    local = (received.sender or "").rpartition("@")[0]
    return (
        received.automatic
        or received.is_report
        or received.envelope_sender == ""
        or NOBODY.fullmatch(local) is not None
        or AUTOMATIC_SUBJECT.match(received.subject) is not None
        or from_a_server(received)
    )
