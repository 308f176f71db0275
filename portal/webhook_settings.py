"""Settings of web hooks (`PORTAL_WEBHOOK_*`): where events may be sent to."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from portal.sign_in_settings import BadSettings


@dataclass(frozen=True)
class WebhookSettings:
    """Where events may be sent to, and how long a receiver may take."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    "private networks in which receivers stand; there http is taken as well as https"
    ca_file: str | None = None
    "certificates, as PEM, of the authorities that are trusted instead of the system's"
    timeout: float = 10.0
    "seconds for one event, from the first packet to the end of the answer"


def read_webhooks(environ: Mapping[str, str]) -> WebhookSettings:
    """`PORTAL_WEBHOOK_NETWORKS`, several divided by commas, and `PORTAL_WEBHOOK_CA`, the path of a file."""
    named = environ.get("PORTAL_WEBHOOK_NETWORKS", "").split(",")
    ca_file = environ.get("PORTAL_WEBHOOK_CA") or None
    if ca_file and not Path(ca_file).is_file():
        raise BadSettings(f"PORTAL_WEBHOOK_CA: there is no file {ca_file}")
    return WebhookSettings(tuple(_network(each.strip()) for each in named if each.strip()), ca_file)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise BadSettings(f"PORTAL_WEBHOOK_NETWORKS: {text!r} is no network, try 10.0.0.0/8") from error
