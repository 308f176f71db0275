"""The kinds of case: read by officers, set by the province's supervisors version by version; a ticket keeps its own."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.audit.models import AuditRecord
from portal.errors import Conflict
from portal.procedures import actions
from portal.procedures.catalogue import Procedure, shipped
from portal.procedures.models import ProcedureVersion
from portal.procedures.queries import all_procedures, procedure_of
from portal.tickets.models import Clock
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock as Time
from tests.conftest import in_utc
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("clock")
NOW = in_utc("2016-01-04 09:00")


@pytest.fixture
def supervisor(session: Session, province: Province, client: Client) -> Client:
    """The browser of a supervisor of the province."""
    sign_in(client, make_officer(session, province.corps, "zhou", Role.SUPERVISOR, name="周厅"))
    return client


def typed(session: Session, procedure: Procedure, **others: Any) -> dict[str, Any]:
    """What the form of a procedure posts as it is shown, but for `others`; None leaves a field out."""
    data: dict[str, Any] = {"why": "吉公通〔2016〕1号", "version": procedure.version}
    data |= {"zh": procedure.zh, "en": procedure.en, "urgency": procedure.urgency}
    for index, step in enumerate(procedure.steps):
        row = {"zh": step.zh, "step": step.step, "place": step.place, "amount": step.limit.amount}
        row |= {"unit": step.limit.unit.value, "position": index + 1}
        row["after"] = [n for n, other in enumerate(procedure.steps) if other.step in step.after]
        row |= {name: "y" for name in ("repeat", "rule") if getattr(step, name)}
        data |= {f"steps-{index}-{name}": value for name, value in row.items()}
    for name in ("materials", "refusal_grounds"):
        for index, phrase in enumerate(getattr(procedure, name)):
            data |= {f"{name}-{index}-zh": phrase.zh, f"{name}-{index}-en": phrase.en}
    if procedure.overall:
        data |= {"overall_amount": procedure.overall.amount}
    data |= {"overall_unit": procedure.overall.unit.value if procedure.overall else "calendar day"}
    if procedure.rule:
        data |= {"rule_zh": procedure.rule.zh, "rule_en": procedure.rule.en}
    return {name: value for name, value in (data | others).items() if value is not None}


def revise(client: Client, session: Session, code: str, **others: Any) -> TestResponse:
    data = typed(session, all_procedures(session)[code], **others)
    return client.submit(f"/procedures/{code}/versions", data, page=f"/procedures/{code}/edit")


def count(session: Session) -> int:
    return session.scalar(select(func.count(ProcedureVersion.id))) or 0


# --- what ships ------------------------------------------------------------------------------------------------------


def test_what_ships_is_version_one_of_each(session: Session, province: Province) -> None:
    assert all_procedures(session) == dict(shipped())
    assert list(all_procedures(session)) == list(shipped())


def test_every_officer_reads_them_with_steps_limits_materials_and_source(
    client: Client, session: Session, province: Province
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = words(client.get("/procedures").text)
    assert all(procedure.zh in page for procedure in shipped().values())
    shown = words(client.get("/procedures/check-and-sign").text)
    for expected in ("核验签发", "5 个工作日", "60 个自然日", "户口簿或原证件", "伪造冒用证件", "异地受理工作十条准则", "系统预置"):
        assert expected in shown
    assert client.get("/procedures/nonsense").status_code == 404
    assert client.get("/procedures/check-and-sign?version=7").status_code == 404


def test_in_english_no_chinese_is_left(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang", language="en"))
    client.submit("/language", {"language": "en"}, page="/procedures")
    for code in shipped():
        page = words(client.get(f"/procedures/{code}").text).partition("version 1")[2].partition("中文")[0]
        assert not [character for character in page if "\u4e00" <= character <= "\u9fff"], code


# --- a new version ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", list(shipped()))
def test_the_form_gives_back_what_it_shows(supervisor: Client, session: Session, code: str) -> None:
    """Saved as it is shown nothing changes, and that is told; so no part of a procedure is lost on its way."""
    response = revise(supervisor, session, code)
    assert response.status_code == 422
    assert "没有改动" in response.text
    assert count(session) == len(shipped())


def test_a_new_version_says_who_when_why_and_what_and_the_old_one_stays(supervisor: Client, session: Session) -> None:
    assert revise(supervisor, session, "enquiry", **{"steps-0-amount": 3}).status_code == 302
    page = words(supervisor.get("/procedures/enquiry").text)
    for expected in ("第2版", "周厅", "吉公通〔2016〕1号", "2 个工作日", "3 个工作日"):
        assert expected in page
    assert procedure_of(session, "enquiry", 1) == shipped()["enquiry"]
    assert procedure_of(session, "enquiry", 2).steps[0].limit.amount == 3
    assert "2 个工作日" in words(supervisor.get("/procedures/enquiry?version=1").text)
    assert session.scalars(select(AuditRecord.action).where(AuditRecord.action == "procedure.change")).all()


def test_a_preview_shows_what_changes_and_saves_nothing(supervisor: Client, session: Session) -> None:
    response = revise(supervisor, session, "check-and-sign", preview="1", why="", **{
        "steps-0-amount": 4, "materials-1-zh": "", "materials-1-en": "", "overall_amount": 50,
    })  # fmt: skip
    assert response.status_code == 200
    page = words(response.text)
    for expected in ("5 个工作日 4 个工作日", "60 个自然日 50 个自然日", "删除材料：居住、就业或就学证明"):
        assert expected in page
    assert count(session) == len(shipped())


def test_a_step_is_added_between_others_by_its_number(supervisor: Client, session: Session) -> None:
    new = {"zh": "复核", "step": "review", "place": "former registry", "amount": 1, "unit": "working day"}
    added = {f"steps-3-{name}": value for name, value in new.items()}
    response = revise(supervisor, session, "check-and-sign", **added, **{
        "steps-3-position": 2, "steps-3-after": [0], "steps-1-after": [0, 3], "steps-1-position": 3, "steps-2-position": 4,
    })  # fmt: skip
    assert response.status_code == 302
    steps = all_procedures(session)["check-and-sign"].steps
    assert [step.step for step in steps] == ["check and sign", "review", "make", "hand over"]
    assert steps[2].after == ("check and sign", "review")


def test_a_row_more_keeps_what_was_typed(supervisor: Client, session: Session) -> None:
    response = revise(supervisor, session, "enquiry", add="steps", zh="改过的名称")
    assert response.status_code == 200
    assert "改过的名称" in response.text
    assert 'name="steps-1-zh"' in response.text
    assert count(session) == len(shipped())


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"why": "", "steps-0-amount": 4}, "请写明文件名称或依据"),
        ({"steps-0-amount": 0}, "不小于1"),
        ({"steps-0-amount": "viele"}, ""),
        ({"steps-0-amount": None}, "不小于1"),
        ({"steps-0-amount": 251}, "时限过长"),
        ({"steps-0-place": "the moon"}, ""),
        ({"steps-0-repeat": "y"}, "只有原户籍地"),
        ({"steps-0-after": [1]}, "循环"),
        ({"steps-0-after": [0]}, "循环"),
        ({"steps-1-zh": "答复", "steps-1-step": ""}, "两种名称"),
        ({"zh": ""}, "两种名称"),
        ({"en": "e" * 101}, "内容过长"),
        ({"materials-3-zh": "护照"}, "两种名称"),
        ({"rule_en": "a law"}, "两种名称"),
        ({"overall_amount": 3}, "全程时限短于"),
        ({"steps-0-zh": "", "steps-0-step": "", "steps-1-zh": "", "steps-1-step": ""}, "至少要有一个环节"),
        ({"steps-0-place": "residence"}, "其他单位承办"),
        ({"steps-1-place": "registry", "steps-1-zh": "核对底档并更正",
          "steps-1-step": "check the paper record and correct"}, "重复"),
        ({"steps-1-step": "check the paper record and correct"}, "中文名称也须相同"),
    ],
)  # fmt: skip
def test_what_could_not_be_worked_by_is_refused_and_kept_as_typed(
    supervisor: Client, session: Session, others: dict[str, Any], told: str
) -> None:
    response = revise(supervisor, session, "register-mismatch", **others)
    assert response.status_code == 422
    assert told in words(response.text)
    assert 'class="summary"' in response.text
    assert count(session) == len(shipped())


def test_who_saves_second_is_told_and_nothing_is_lost(supervisor: Client, session: Session) -> None:
    assert revise(supervisor, session, "enquiry", **{"steps-0-amount": 3}).status_code == 302
    response = revise(supervisor, session, "enquiry", version=1, **{"steps-0-amount": 9})
    assert response.status_code == 409
    assert "已被他人修改" in response.text
    assert 'value="9"' in response.text
    assert all_procedures(session)["enquiry"].version == 2


def test_two_at_the_same_instant_make_one_version(session: Session, province: Province) -> None:
    """The number is taken between reading and writing: the unique key says so."""
    corps = actor_at(province.corps, (Role.SUPERVISOR,))
    enquiry = shipped()["enquiry"]
    session.add(ProcedureVersion(code="enquiry", version=2, content=enquiry.content(), at=NOW, by="甲", why=""))
    with session.no_autoflush, pytest.raises(Conflict):
        actions._next(session, corps, enquiry, "急", NOW)


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_only_supervisors_of_the_province_change_them(
    client: Client, session: Session, province: Province, role: Role
) -> None:
    sign_in(client, make_officer(session, province.baishan, "sun", role))
    assert "/edit" not in client.get("/procedures/enquiry").text
    for path in ("/procedures/enquiry/edit", "/procedures/new"):
        assert client.get(path).status_code == 403
    data = typed(session, shipped()["enquiry"], **{"steps-0-amount": 9})
    for path in ("/procedures/enquiry/versions", "/procedures", "/procedures/enquiry/retirements"):
        assert client.submit(path, data, page="/procedures").status_code == 403
    assert count(session) == len(shipped())


def test_a_steward_has_nothing_to_do_with_them(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.corps, "wu", Role.STEWARD))
    assert client.get("/procedures").status_code == 403


# --- a new kind of case, and one out of use --------------------------------------------------------------------------


def test_a_kind_of_case_is_added_and_can_be_opened_at_once(
    supervisor: Client, session: Session, province: Province
) -> None:
    data = typed(session, shipped()["moved"], code="moved-abroad", zh="出国注销恢复", en="Back from abroad", version=None)
    assert supervisor.submit("/procedures", data, page="/procedures/new").status_code == 302
    ticket = opened(session, province.changyi, province.linjiang, NOW, procedure="moved-abroad",
                    places=[("former registry", province.fusong.code)])  # fmt: skip
    assert [task.step for task in ticket.tasks] == ["release", "check and sign", "hand over"]


@pytest.mark.parametrize("code", ["enquiry", "new", "Großer Fall", "", "a" * 41, "a--b"])
def test_a_code_is_new_and_short(supervisor: Client, session: Session, code: str) -> None:
    data = typed(session, shipped()["moved"], code=code, version=None)
    response = supervisor.submit("/procedures", data, page="/procedures/new")
    assert response.status_code == 422
    assert count(session) == len(shipped())


def test_out_of_use_none_is_opened_by_it_any_more_and_the_open_ones_go_on(
    supervisor: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, NOW)
    state = {"version": 1, "why": "并入其他事项"}
    page = "/procedures/enquiry"
    assert supervisor.submit(f"{page}/retirements", state | {"why": ""}, page=page).status_code == 422
    assert supervisor.submit(f"{page}/retirements", state | {"version": 9}, page=page).status_code == 409
    assert supervisor.submit(f"{page}/retirements", state, page=page).status_code == 302
    assert "已停用" in words(supervisor.get("/procedures").text)
    sign_in(supervisor, make_officer(session, province.changyi, "zhang"))
    assert 'value="enquiry"' not in supervisor.get("/tickets/new").text
    given = {"registry-code": province.linjiang.code, "procedure": "enquiry", "message": "请协助核对。"}
    assert supervisor.submit("/tickets", given, page="/tickets/new").status_code == 422
    assert "业务咨询" in words(supervisor.get(f"/tickets/{ticket.number}").text)
    sign_in(supervisor, make_officer(session, province.corps, "zheng", Role.SUPERVISOR))
    assert supervisor.submit(f"{page}/restorations", state | {"version": 2}, page=page).status_code == 302
    opened(session, province.changyi, province.linjiang, NOW)


# --- a ticket keeps what it was opened with --------------------------------------------------------------------------


def test_a_new_version_changes_no_open_ticket(
    supervisor: Client, session: Session, province: Province, clock: Time
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, NOW, procedure="check-and-sign")
    clocks = select(Clock.id, Clock.due_at, Clock.limit_amount).order_by(Clock.id)
    before = session.execute(clocks).all()
    tasks = [(task.step, task.limit_amount, list(task.after)) for task in ticket.tasks]
    changed = {"steps-0-amount": 1, "steps-1-amount": 1, "overall_amount": 30, "zh": "新名称", "materials-0-zh": "新材料",
               "refusal_grounds-0-zh": "新理由"}  # fmt: skip
    assert revise(supervisor, session, "check-and-sign", **changed).status_code == 302
    session.expire_all()
    assert session.execute(clocks).all() == before
    assert [(task.step, task.limit_amount, list(task.after)) for task in ticket.tasks] == tasks
    assert ticket.opened_with == ("check-and-sign", 1)
    sign_in(supervisor, make_officer(session, province.linjiang, "li"))
    page = words(supervisor.get(f"/tickets/{ticket.number}").text)
    assert all(old in page for old in ("异地受理核验签发", "户口簿或原证件", "首次申领"))
    assert not any(new in page for new in ("新名称", "新材料", "新理由"))
    later = opened(session, province.changyi, province.linjiang, NOW, procedure="check-and-sign")
    assert later.opened_with == ("check-and-sign", 2)
    assert later.tasks[0].limit_amount == 1


def test_a_list_of_tickets_of_many_versions_asks_for_them_once(
    supervisor: Client, session: Session, province: Province
) -> None:
    sign_in(supervisor, make_officer(session, province.changyi, "zhang"))
    for code in ("enquiry", "address", "overdue"):
        opened(session, province.changyi, province.linjiang, NOW, procedure=code)
    supervisor.get("/?view=waiting")
    with statements() as few:
        supervisor.get("/?view=waiting")
    for code in ("appearance", "found-card", "minor", "bilingual", "register-mismatch"):
        opened(session, province.changyi, province.linjiang, NOW, procedure=code)
    with statements() as more:
        assert "未满十六周岁" in words(supervisor.get("/?view=waiting").text)
    assert more() <= few() + 1
