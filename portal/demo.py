"""The demonstration province: loaded into an empty database, with officers to sign in as."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit, UnitKind
from directory.province import load_province
from portal.accounts.actions import add_officer
from portal.accounts.passwords import hashed
from portal.conversation.models import TextTemplate
from portal.web.actor import PORTAL
from portal.web.permissions import Role

PASSWORD_FILE = "demo-password"  # noqa: S105  a file's name


@dataclass(frozen=True)
class DemoOfficer:
    """Somebody to try the portal as: the unit is found by kind and by a part of its name."""

    username: str
    name: str
    unit: str
    kind: UnitKind
    roles: tuple[Role, ...] = (Role.OFFICER,)


OFFICERS = (
    DemoOfficer("changyi", "王示例", "昌邑", UnitKind.HALL),
    DemoOfficer("linjiang", "李示例", "临江", UnitKind.HALL),
    DemoOfficer("chaoyang", "赵示例", "朝阳", UnitKind.HALL),
    DemoOfficer("tumen", "金示例", "图们", UnitKind.HALL),
    DemoOfficer("baishan", "孙示例", "白山", UnitKind.DETACHMENT, (Role.SUPERVISOR,)),
    DemoOfficer("yanbian", "崔示例", "延边", UnitKind.DETACHMENT, (Role.SUPERVISOR,)),
    DemoOfficer("corps", "周示例", "户政", UnitKind.CORPS, (Role.SUPERVISOR,)),
    DemoOfficer("steward", "吴示例", "户政", UnitKind.CORPS, (Role.STEWARD,)),
    DemoOfficer("sysadmin", "郑示例", "户政", UnitKind.CORPS, (Role.SYSTEM_ADMINISTRATOR,)),
    DemoOfficer("secadmin", "冯示例", "户政", UnitKind.CORPS, (Role.SECURITY_ADMINISTRATOR,)),
    DemoOfficer("auditor", "陈示例", "户政", UnitKind.CORPS, (Role.AUDITOR,)),
)


TEXTS = (
    ("请补充材料", "{opener}：关于{number}（{procedure}），请补充以下材料后重新发送：\n1. \n{unit} {officer} {today}"),
    ("底档核对一致", "经核对，{number} 所涉底档与申请信息一致，同意按规定办理。{unit} {officer} {today}"),
    ("催办回复", "{opener}：{number} 正在办理，预计于{due}前答复。{unit} {officer}"),
    ("Records agree", "Our records agree with the application on {number} ({procedure}). {unit}, {officer}, {today}"),
    ("More documents needed", "On {number}: please add the following and send it again. {unit}, {officer}"),
)
"Texts of the corps, at hand for every unit."


def is_empty(session: Session) -> bool:
    """Whether the database holds no unit yet."""
    return session.scalar(select(Unit.code).limit(1)) is None


def load_demonstration(session: Session, password: str, at: datetime) -> None:
    """The province and its officers, all with the same password."""
    load_province(session)
    session.flush()
    password_hash = hashed(password)
    for demo in OFFICERS:
        officer = add_officer(
            session, PORTAL, demo.name, _unit_code(session, demo), demo.roles, username=demo.username, at=at
        )
        officer.password_hash, officer.demonstration = password_hash, True
    corps = session.scalars(select(Unit.code).where(Unit.kind == UnitKind.CORPS)).first() or ""
    for title, body in TEXTS:
        session.add(TextTemplate(unit_code=corps, title=title, body=body, changed_at=at, changed_by=PORTAL.name))


def kept_password(instance: Path) -> str:
    """The demonstration officers' password: made once, kept in the instance folder, readable by the owner alone."""
    path = instance / PASSWORD_FILE
    if not path.exists():
        words = "-".join(secrets.choice(("kan", "shan", "lin", "jiang", "hu", "song", "he", "cao")) for _ in range(3))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{words}-{secrets.randbelow(9000) + 1000}")
    return path.read_text().strip()


def _unit_code(session: Session, demo: DemoOfficer) -> str:
    found = select(Unit.code).where(Unit.kind == demo.kind, Unit.name.contains(demo.unit)).order_by(Unit.code)
    return session.scalars(found).first() or ""
