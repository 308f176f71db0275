"""DKIM: a mail signed with the domain's key, so that receiving servers know it is ours."""

from dataclasses import dataclass, field

import dkim

from portal.config import MailSettings

SIGNED = (b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"list-id", b"references", b"auto-submitted",
          b"content-type", b"mime-version")  # fmt: skip


@dataclass(frozen=True)
class Signer:
    """Signs with one key: `selector._domainkey.domain` has the other half of it in the DNS."""

    domain: str
    selector: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: MailSettings, domain: str) -> "Signer | None":
        """As the settings say; None where no key is given."""
        return cls(domain, settings.dkim_selector, settings.dkim_key.encode()) if settings.dkim_key else None

    def sign(self, message: bytes) -> bytes:
        """The message with its signature before it; raises dkim.DKIMException for a key that is none."""
        signature = dkim.sign(
            message, self.selector.encode(), self.domain.encode(), self.key, include_headers=list(SIGNED)
        )
        return bytes(signature) + message
