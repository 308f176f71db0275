"""What people call a unit and a place, whose names are too long to be said in full."""

import re

ABBREVIATED = {"前郭尔罗斯": "前郭"}
"Names of places that are too long to be said in full."
ZONES = {"高新技术产业": "高新区", "经济技术": "经开区", "经济": "经开区"}
_ZONE = re.compile("(?P<of>长春|吉林)?(?P<own>.*?)(?P<what>高新技术产业|经济技术|经济)开发区$")
_PEOPLES = "(?:(?:满|回|朝鲜|蒙古|锡伯|达斡尔|鄂温克|鄂伦春|赫哲|藏|壮|苗|彝|土家|维吾尔|哈萨克)族)*"
_DIVISION = re.compile(
    _PEOPLES + "(?:自治)?(?P<level>州|县|区|旗)$|" + _PEOPLES + "(?P<ending>街道办事处|街道|地区|省|市|盟|镇|乡|路)$"
)
_OFFICE = re.compile(
    "(?:(?:户政|户籍|人口|治安)(?:办证|管理)*(?:大厅|中心|总队|支队|大队|处|科)|(?:边防|森林|治安|水上|铁路)?派出所)$"
)
_AUTHORITY = re.compile("^(?P<body>.*?)公安(?:[厅局]|(?=分局))(?P<branch>.*?)(?:公安)?(?:分局)?$")


def short_names(name: str) -> list[str]:
    """What people call a unit: 吉林市公安局昌邑分局户政大厅 → 昌邑, 昌邑分局, 昌邑户政大厅."""
    office = _OFFICE.search(name)
    tail = office.group() if office else ""
    head = name.removesuffix(tail)
    authority = _AUTHORITY.match(head)
    branch = authority["branch"] if authority else ""
    place = branch or (authority["body"] if authority else head.removesuffix("分局"))
    core = _core(place)
    others = called(place)
    names = [core, place, f"{branch}分局" if branch else "", core + tail, place + tail, *others]
    return list(dict.fromkeys(short for short in (*names, *(other + tail for other in others)) if short))


def called(place: str) -> list[str]:
    """What else people call a division: 伊通县 for 伊通满族自治县, 前郭 for 前郭尔罗斯蒙古族自治县."""
    found = _DIVISION.search(place)
    core = _core(place)
    cores = [core, ABBREVIATED[core]] if core in ABBREVIATED else [core]
    if not found or core == place:
        return []
    level = found["level"] or found["ending"]
    return [name for name in (*cores[1:], *(one + level for one in cores)) if name not in {place, core}]


def zone_names(place: str) -> list[str]:
    """What people call a development zone: 净月高新区, 长春经开区; nothing for another place."""
    if not (zone := _ZONE.match(place)):
        return []
    short = [zone["own"] + ZONES[zone["what"]], *([zone["own"] + "开发区"] if zone["own"] else [])]
    return [*short, *(zone["of"] + name for name in short if zone["of"])]


def _core(place: str) -> str:
    core = _DIVISION.sub("", place)
    return core if len(core) > 1 else place
