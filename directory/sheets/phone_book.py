"""The printed phone book: by prefecture and county, a line for each contact, set by Typst with a Chinese type."""

import json
from datetime import date
from importlib.resources import files
from itertools import groupby
from typing import Any

from directory.phones import show_phones
from directory.sheets.facts import ContactFacts, Directory
from directory.sheets.people import ROLE_NAMES
from directory.sheets.table import Branch, branches, title
from directory.typesetting import typeset


def write_pdf(directory: Directory, top: str | None = None, on: date | None = None) -> bytes:
    """The book as of a day; texts reach the template as data, never as markup.

    Untagged: it is for paper, and tags make it ten times as large; the pages of the portal are what a reader reads out.
    """
    template = files("directory").joinpath("data/phone_book.typ").read_bytes()
    book = json.dumps(_book(directory, top, on), ensure_ascii=False)
    return typeset(template, {"book": book}, tagged=False)


def _book(directory: Directory, top: str | None, on: date | None) -> dict[str, Any]:
    listed = list(branches(directory, top))
    return {
        "title": title(directory, top, "通讯录"),
        "date": f"{on:%Y年%-m月%-d日}" if on else "",
        "units": len(listed),
        "contacts": sum(len(branch.contacts) for branch in listed),
        "parts": [
            {"name": prefecture, "sections": [_section(county, units) for county, units in _by_county(list(within))]}
            for prefecture, within in groupby(listed, key=lambda branch: branch.prefecture)
        ],
    }


def _by_county(listed: list[Branch]) -> list[tuple[str, list[Branch]]]:
    return [(county, list(units)) for county, units in groupby(listed, key=lambda branch: branch.county)]


def _section(county: str, units: list[Branch]) -> dict[str, Any]:
    return {"name": county, "units": [_unit(branch) for branch in units]}


def _unit(branch: Branch) -> dict[str, Any]:
    unit = branch.unit
    return {
        "code": unit.code,
        "name": unit.name,
        "address": unit.address,
        "phone": unit.public_phone,
        "contacts": [_contact(contact) for contact in branch.contacts],
    }


def _contact(contact: ContactFacts) -> dict[str, str]:
    return {
        "role": ROLE_NAMES[contact.role],
        "name": contact.name,
        "post": contact.post if contact.post != ROLE_NAMES[contact.role] else "",
        "phones": show_phones(contact.phones),
        "email": contact.email,
        "remark": contact.remark,
    }
