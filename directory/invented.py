"""People who do not exist, at numbers that nobody has: the contacts of the demonstration province."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from directory.divisions import telephone_areas
from directory.models import ContactRole, UnitKind

SEED = 2016
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹章苏潘葛范彭郎鲁韦马苗方任袁柳史唐薛雷贺"
    "倪汤罗毕郝安常乐于傅齐康伍余顾孟黄穆萧尹姚邵汪毛狄米贝计成戴宋庞纪舒屈项祝董梁杜阮单仇曾翟朴崔"
)
GIVEN_NAMES = (
    "示例",
    "样例",
    "范例",
    "演示",
    "样本",
    "虚构",
    "假设",
    "试用",
    "模拟",
    "例子",
    "练习",
    "样张",
    "占位",
    "举例",
)
DESK_NAME = "户籍窗口"
STRIDE = 3571  # shares no factor with 10,000: every number comes once before any comes twice


class Post(NamedTuple):
    """A contact that units of some kind have."""

    role: ContactRole
    rank: int
    title: str


class Invented(NamedTuple):
    """A contact that nobody is."""

    role: ContactRole
    rank: int
    title: str
    name: str
    email: str
    number: str


def _posts(desks: int, registrars: int, supervisors: Sequence[str], leader: str) -> tuple[Post, ...]:
    return (
        *(Post(ContactRole.DESK, rank, "受理窗口") for rank in range(1, desks + 1)),
        *(Post(ContactRole.REGISTRAR, rank, "户籍内勤") for rank in range(1, registrars + 1)),
        *(Post(ContactRole.SUPERVISOR, rank, title) for rank, title in enumerate(supervisors, start=1)),
        Post(ContactRole.LEADER, 1, leader),
    )


STREET, TOWN, TOWNSHIP = "街道", "镇", "乡"
_STATION_POSTS = {
    STREET: _posts(1, 2, ("副所长",), "所长"),
    TOWN: _posts(1, 1, ("教导员", "副所长"), "所长"),
    TOWNSHIP: _posts(1, 1, ("副所长",), "所长"),
}
_POSTS = {
    UnitKind.CORPS: _posts(1, 0, ("副总队长", "户政处长"), "总队长"),
    UnitKind.DETACHMENT: _posts(1, 0, ("副支队长", "户政科长"), "支队长"),
    UnitKind.HALL: _posts(2, 2, ("分管副局长", "副大队长"), "大厅主任"),
}


def posts_of(kind: UnitKind, locality: str) -> tuple[Post, ...]:
    """The contacts of a unit: in every one a desk and a supervisor, in a station as its locality needs."""
    if kind is not UnitKind.STATION:
        return _POSTS[kind]
    return next(posts for ending, posts in _STATION_POSTS.items() if locality.endswith(ending))


class Telephones:
    """Hands out numbers, each once: 8000xxxx, or 800xxxx where numbers have seven digits."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def next(self, prefecture: str) -> str:
        """A number in the area of a prefecture (its division code), as shown: 0431-80001234."""
        area = telephone_areas()[prefecture]
        self._given[area.code] += 1
        return f"{area.code}-{'8000'[: area.digits - 4]}{self._given[area.code] * STRIDE % 10_000:04}"


def staff(unit_code: str, posts: Iterable[Post], telephones: Telephones, prefecture: str) -> list[Invented]:
    """The people of a unit, the desk first; the same for the same unit every time."""
    listed = tuple(posts)
    dice = random.Random(f"{SEED} {unit_code}")  # noqa: S311  names, not secrets
    surnames = dice.sample(SURNAMES, len(listed))
    return [
        Invented(
            role=post.role,
            rank=post.rank,
            title=post.title,
            name=DESK_NAME if post.role is ContactRole.DESK else surname + dice.choice(GIVEN_NAMES),
            email=f"{post.role}{post.rank if post.rank > 1 else ''}.{unit_code.lower()}@ga.example",
            number=telephones.next(prefecture),
        )
        for post, surname in zip(listed, surnames, strict=True)
    ]
