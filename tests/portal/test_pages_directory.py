"""The directory's pages without scripts: the look-up, its fragments, a unit's page."""

import re
from datetime import date

import pytest
from sqlalchemy.orm import Session

from directory.models import ContactRole, Unit, UnitKind
from portal.accounts.models import Officer
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_contact, make_officer, make_unit, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def officer(session: Session, province: Province, client: Client, clock: Clock) -> Officer:
    made = make_officer(session, province.changyi, "zhang")
    sign_in(client, made)
    return made


@pytest.mark.usefixtures("officer")
def test_a_hit_shows_whom_to_call_and_opens_a_ticket(client: Client, session: Session, province: Province) -> None:
    make_contact(session, province.linjiang, ContactRole.DESK, phone="0439-80001234", rank=0)
    page = client.get("/directory?q=临江市户政").text
    assert 'href="tel:043980001234"' in page
    assert f"/tickets/new?registry={province.linjiang.code}" in page
    assert "白山市公安局治安警察支队" in words(page)


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize("asked", ["临江", "linjiang", "220681"])
def test_a_unit_is_found_by_name_pinyin_and_division(client: Client, asked: str) -> None:
    assert "临江市户政大厅" in client.get("/directory", query_string={"q": asked}).text


@pytest.mark.usefixtures("officer")
def test_ones_own_unit_offers_no_ticket_with_itself(client: Client, province: Province) -> None:
    page = client.get("/directory?q=昌邑区户政大厅").text
    assert f"registry={province.changyi.code}" not in page
    assert "本单位" in page


def test_whether_it_is_open_now_is_said(client: Client, officer: Officer, province: Province, clock: Clock) -> None:
    clock.set("2016-01-04 11:00")
    sign_in(client, officer)
    address = f"/directory/units/{province.linjiang.code}"
    assert "正在办公" in client.get(address).text
    clock.move(minutes=45)
    page = words(client.get(address).text)
    assert "正在办公" not in page
    assert "13:30" in page


@pytest.mark.usefixtures("officer")
def test_nothing_found_says_what_to_try(client: Client) -> None:
    page = client.get("/directory?q=zzzzzz").text
    assert "zzzzzz" in page
    assert "拼音" in words(page)


@pytest.mark.usefixtures("officer")
def test_what_is_typed_comes_back_as_text_only(client: Client) -> None:
    assert "<script>alert" not in client.get("/directory", query_string={"q": "<script>alert(1)</script>"}).text


@pytest.mark.usefixtures("officer")
def test_without_words_one_browses_by_prefecture(client: Client) -> None:
    page = words(client.get("/directory").text)
    assert "吉林市公安局治安警察支队" in page
    assert "船营区户政大厅" in page


@pytest.mark.usefixtures("officer")
def test_the_fragments_hold_the_answers_alone(client: Client, province: Province) -> None:
    hits, options = client.get("/directory/hits?q=临江").text, client.get("/directory/options?q=临江").text
    assert "<html" not in hits + options
    assert f'data-code="{province.linjiang.code}"' in options
    assert "白山市公安局治安警察支队" in options


@pytest.mark.usefixtures("officer")
def test_a_unit_shows_its_people_its_chain_and_what_is_below(client: Client, province: Province) -> None:
    page = words(client.get(f"/directory/units/{province.linjiang.code}").text)
    for expected in (
        "linjiang.desk@ga.example",
        "linjiang.leader@ga.example",
        "吉林省公安厅治安警察总队",
        "大湖派出所",
    ):
        assert expected in page


@pytest.mark.usefixtures("officer")
def test_a_closed_unit_leads_to_its_successor_with_a_notice(
    client: Client, session: Session, province: Province
) -> None:
    closed = make_unit(session, "220681530000", UnitKind.STATION, province.linjiang, "撤销派出所",
                       closed_on=date(2015, 12, 31), successor_code=province.dahu.code)  # fmt: skip
    response = client.get(f"/directory/units/{closed.code}", follow_redirects=True)
    assert response.request.path.endswith(province.dahu.code)
    assert "撤销派出所" in words(response.text)


@pytest.mark.usefixtures("officer")
def test_a_unit_that_is_not_there_is_404(client: Client) -> None:
    assert client.get("/directory/units/999999999999").status_code == 404
    assert client.get("/directory/units/%00").status_code == 404


def test_an_auditor_does_not_read_the_directory(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.corps, "audit", Role.AUDITOR))
    assert client.get("/directory").status_code == 403


@pytest.mark.usefixtures("officer", "app")
def test_more_hits_ask_no_more_of_the_database(client: Client, session: Session, province: Province) -> None:
    client.get("/directory?q=派出所")
    with statements() as before:
        client.get("/directory?q=派出所")
    for number in range(10):
        make_unit(session, f"2206215{number}0000", UnitKind.STATION, province.fusong, f"增设{number}派出所")
    client.get("/directory?q=派出所")  # their hours are read once for all
    with statements() as after:
        client.get("/directory?q=派出所")
    assert after() <= before()


# --- what a hit says -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("officer")
def test_a_hit_says_who_answers_how_many_supervisors_can_be_reached_and_when_it_was_verified(client: Client) -> None:
    page = words(client.get("/directory?q=临江市户政").text)
    assert "临江市户政大厅desk" in page
    assert "可联系上 1 名分管领导" in page
    assert "2016年1月1日" in page or "1月1日" in page
    assert "按名称找到" in page


@pytest.mark.usefixtures("officer")
def test_a_supervisor_who_left_or_whose_mail_bounces_is_not_counted(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    (supervisor,) = [one for one in province.linjiang.contacts if one.role is ContactRole.SUPERVISOR]
    supervisor.disowned_at = clock.now
    session.commit()
    assert "没有可联系上的分管领导" in words(client.get("/directory?q=临江市户政").text)


def test_a_closed_unit_says_when_it_opens(client: Client, officer: Officer, clock: Clock) -> None:
    clock.set("2016-01-04 11:45")
    sign_in(client, officer)
    assert "13:30" in words(client.get("/directory/hits?q=临江市户政").text)


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize(
    ("changed", "said"),
    [({"in_service_from": None}, "尚未启用"), ({"in_service_from": date(2017, 1, 1)}, "启用，此前不能发起协办单"),
     ({"closed_on": date(2015, 12, 31)}, "已撤销")],
)  # fmt: skip
def test_no_ticket_is_offered_with_a_unit_that_is_not_in_service(
    client: Client, session: Session, province: Province, changed: dict[str, date | None], said: str
) -> None:
    for name, value in changed.items():
        setattr(province.linjiang, name, value)
    session.commit()
    page = client.get("/directory?q=临江市户政").text
    assert said in words(page)
    assert f"registry={province.linjiang.code}" not in page
    assert f"registry={province.linjiang.code}" not in client.get(f"/directory/units/{province.linjiang.code}").text


@pytest.mark.usefixtures("officer")
def test_a_guess_is_told_as_one(client: Client) -> None:
    assert "您要找的可能是" in words(client.get("/directory?q=林江市户政大厅").text)
    assert "您要找的可能是" not in words(client.get("/directory?q=临江").text)


# --- the first six digits --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("officer")
def test_a_code_that_was_says_who_keeps_the_register_now_and_why(client: Client) -> None:
    page = words(client.get("/directory?q=220624").text)
    assert "220624 在 1993 年以前是临江县" in page
    assert "临江市户政大厅" in page


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize(
    "number", ["220681199001011234", "220681 19900101 123X", "２２０６８１１９９００１０１１２３４"]
)
def test_an_id_number_is_neither_kept_in_the_address_nor_shown(client: Client, number: str) -> None:
    redirected = client.get("/directory", query_string={"q": number})
    assert redirected.status_code == 302
    assert "1990" not in redirected.location
    page = client.get(redirected.location).text
    assert "1990" not in page
    assert "前六位" in words(page)
    assert "临江市户政大厅" in words(page)


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize("fragment", ["hits", "options"])
def test_a_fragment_shows_no_id_number_either(client: Client, fragment: str) -> None:
    page = client.get(f"/directory/{fragment}", query_string={"q": "220681199001011234"}).text
    assert "1990" not in page
    assert "临江市户政大厅" in page


# --- order -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("officer")
def test_the_units_one_works_with_most_come_first_among_equals(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    far = make_unit(session, "220621510000", UnitKind.STATION, province.fusong, "建国派出所")
    make_contact(session, far, ContactRole.DESK)
    both = {far.code, province.jianguo.code}
    first, second = (code for code in offered(client, "建国派出所") if code in both)
    opened(session, province.changyi, session.get_one(Unit, second), clock.now)
    clock.move(minutes=1)  # so long a process remembers the partners
    assert [code for code in offered(client, "建国派出所") if code in both] == [second, first]


def offered(client: Client, asked: str) -> list[str]:
    """The codes of the options, in their order."""
    return re.findall('data-code="([^"]+)"', client.get("/directory/options", query_string={"q": asked}).text)
