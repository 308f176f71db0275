"""The columns that hold ciphertexts, each with what it takes to open one: for whoever exchanges or tries a key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from portal.accounts.factors import PURPOSE as FACTOR
from portal.accounts.models import SecondFactor
from portal.conversation.attachments import PURPOSE as ATTACHMENT
from portal.conversation.models import Attachment
from portal.drafts.actions import purpose_of
from portal.drafts.models import Draft
from portal.tickets.citizens import NAME, NUMBER
from portal.tickets.models import Citizen
from portal.webhooks.actions import PURPOSE as WEBHOOK
from portal.webhooks.models import Webhook

Purpose = Callable[[Any], str]
"What a row's ciphertext is for; the row holds the columns of `Encrypted.facts`."


@dataclass(frozen=True)
class Encrypted:
    """A column with ciphertexts: its table's key, what the purpose is made of, and a blind index beside it."""

    column: "InstrumentedAttribute[Any]"
    key: "InstrumentedAttribute[int]"
    purpose: Purpose
    facts: "Sequence[InstrumentedAttribute[Any]]" = ()
    index: "InstrumentedAttribute[Any] | None" = None


def every_row(purpose: str) -> Purpose:
    return lambda _row: purpose


ENCRYPTED = (
    Encrypted(Citizen.name_cipher, Citizen.id, every_row(NAME)),
    Encrypted(Citizen.number_cipher, Citizen.id, every_row(NUMBER), index=Citizen.number_index),
    Encrypted(Attachment.content_cipher, Attachment.id, every_row(ATTACHMENT)),
    Encrypted(SecondFactor.secret, SecondFactor.officer_id, every_row(FACTOR)),
    Encrypted(SecondFactor.pending, SecondFactor.officer_id, every_row(FACTOR)),
    Encrypted(Webhook.secret_cipher, Webhook.id, every_row(WEBHOOK)),
    Encrypted(Draft.content, Draft.id, lambda row: purpose_of(row[2], row[3]), (Draft.officer_id, Draft.key)),
)
"All there is: a test looks for columns that are missing here."
