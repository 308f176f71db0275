"""Run by the peer's own interpreter: `site_work fill SIZE` and `site_work sweep`; prints JSON."""

import json
import os
import random
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402  what needs the set-up above
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from helpdesk.models import FollowUp, Queue, Ticket  # noqa: E402

SUBJECTS = ("身份证 核对底档", "临江 人像比对", "指纹重采", "户口迁移途中", "重号核查", "地址变更核实", "急办 高考", "丢失证件招领")
ENTRIES = 3
AT_A_TIME = 2_000
DUE = 100
"One ticket in a hundred is due."


def fill(size: int) -> None:
    """As many tickets as ours, with as many entries, two in three of them closed; the open ones are due one in 100."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("officer", "officer@ga.example", "officer-password")
    queue = Queue.objects.create(title="户政", slug="huzheng", email_address="desk@ga.example", escalate_days=1)
    dice, now = random.Random(2016), timezone.now()
    for start in range(0, size, AT_A_TIME):
        made = Ticket.objects.bulk_create(
            Ticket(
                title=f"{dice.choice(SUBJECTS)} {dice.randint(1, 999)}", queue=queue, assigned_to=user,
                description="请协助核对。", submitter_email=f"desk{number}@ga.example", priority=3, created=now,
                status=Ticket.OPEN_STATUS if number % 3 == 0 or number % DUE == 0 else Ticket.CLOSED_STATUS,
                last_escalation=now - timedelta(days=9) if number % DUE == 0 else now,
            )
            for number in range(start, min(start + AT_A_TIME, size))
        )  # fmt: skip
        FollowUp.objects.bulk_create(
            FollowUp(ticket=ticket, date=now, title="Comment", user=user, public=True, comment="收到，正在查。")
            for ticket in made
            for _ in range(ENTRIES)
        )
    print(json.dumps({"first": Ticket.objects.order_by("id").first().id}))  # noqa: T201


def sweep() -> None:
    before = FollowUp.objects.count()
    started = time.perf_counter()
    call_command("escalate_tickets")
    seconds = time.perf_counter() - started
    print(json.dumps({"climbed": FollowUp.objects.count() - before, "seconds": seconds}))  # noqa: T201


if __name__ == "__main__":
    fill(int(sys.argv[2])) if sys.argv[1] == "fill" else sweep()
