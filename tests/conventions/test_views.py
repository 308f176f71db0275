"""Every view says who may call it, under a readable address."""

import re

from flask import Flask

from portal.web.access import PERMISSION
from portal.web.navigation import place_of

NOT_OURS = {"static"}
NOBODYS = {"web", "accounts", "agency", "static", "api", "api_docs"}
"Pages of no place: signing in, and what is for other systems."
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.json)?")


def test_every_view_names_its_permission(house: Flask) -> None:
    missing = [
        endpoint
        for endpoint, view in house.view_functions.items()
        if endpoint not in NOT_OURS and not hasattr(view, PERMISSION)
    ]
    assert not missing, "decorate with @requires(…), @signed_in or @public"


def test_addresses_are_in_kebab_case(house: Flask) -> None:
    words = {
        (rule.rule, word)
        for rule in house.url_map.iter_rules()
        if rule.endpoint not in NOT_OURS
        for word in re.sub(r"<[^>]*>", "", rule.rule).split("/")
        if word
    }
    assert not sorted(rule for rule, word in words if not KEBAB.fullmatch(word))


def test_only_the_edges_answer_more_than_one_method(house: Flask) -> None:
    """A page is read with GET, a noun is made with POST; PUT, PATCH and DELETE are not used."""
    methods = {method for rule in house.url_map.iter_rules() for method in rule.methods or ()}
    assert methods <= {"GET", "POST", "HEAD", "OPTIONS"}


def test_every_page_belongs_to_a_place_of_the_navigation(house: Flask) -> None:
    """So that where one is can be shown."""
    rooms = {endpoint.partition(".")[0] for endpoint in house.view_functions}
    assert {room for room in rooms if place_of(f"{room}.page") is None} <= NOBODYS
