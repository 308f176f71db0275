"""The description of the interface: valid, complete, and shown as a page."""

import re
import shlex
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy.orm import Session

from portal.web.permissions import SCOPES
from tests.clients import Client
from tests.factories import Province
from tests.portal.test_api import systems  # noqa: F401  a fixture


@pytest.fixture
def told(app: Flask, client: Client) -> Any:
    assert app
    return client.get("/api/v1/openapi.json", headers={"Accept-Language": "en"}).json


def test_the_description_is_valid(told: Any) -> None:
    assert told["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(told).iter_errors()] == []


def test_every_call_is_described_and_nothing_else(app: Flask, told: Any) -> None:
    there = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api.openapi"
        for method in {"GET", "POST"} & (rule.methods or set())
    }
    assert {(method, path) for path, methods in told["paths"].items() for method in methods} == there


def test_every_call_tells_who_may_what_goes_wrong_and_has_a_language(told: Any) -> None:
    for path, methods in told["paths"].items():
        for method, call in methods.items():
            where = f"{method} {path}"
            (scope,) = call["security"][0]["token"]
            assert scope in SCOPES, f"{where}: no token could be given this scope"
            assert call["description"] == f"Scope: {scope}.", where
            assert {"401", "403", "422", "429", "default"} <= call["responses"].keys(), where
            headers = {each["name"] for each in call["parameters"] if each["in"] == "header"}
            assert ("Idempotency-Key" in headers) == (method == "post" and path != "/api/v1/bulk/tickets"), where
            assert ("If-Match" in headers) == ("412" in call["responses"]), where
            assert call["summary"], where


def test_no_field_that_is_not_described_is_taken(told: Any) -> None:
    bodies = [name for name, schema in told["components"]["schemas"].items() if "additionalProperties" in schema]
    assert "Opening" in bodies
    assert all(told["components"]["schemas"][name]["additionalProperties"] is False for name in bodies)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_every_call_with_a_command_to_copy(client: Client, told: Any, language: str) -> None:
    page = client.get("/api/docs", headers={"Accept-Language": language})
    assert page.status_code == 200
    for path, methods in told["paths"].items():
        assert path in page.text
        assert all(f'id="{call["operationId"]}"' in page.text for call in methods.values())
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_what_the_page_shows_in_chinese_is_chinese(app: Flask, client: Client) -> None:
    assert app
    page = client.get("/api/docs")
    assert "<h1>其他系统接口</h1>" in page.text
    described = client.get("/api/v1/openapi.json", headers={"Accept-Language": "zh"}).json
    says = [call["summary"] for methods in described["paths"].values() for call in methods.values()]
    assert [text for text in says if not re.search("[\u4e00-\u9fff]", text)] == []


def test_the_examples_are_taken_as_they_stand(
    systems: Any, province: Province, session: Session, told: Any  # noqa: F811
) -> None:
    assert session
    changyi = systems("changyi")
    body = told["paths"]["/api/v1/tickets"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert changyi.post("/tickets", body | {"registry": province.linjiang.code}).status_code == 201
    for path in ("/webhooks", "/directory/imports"):
        body = told["paths"][f"/api/v1{path}"]["post"]["requestBody"]["content"]["application/json"]["example"]
        assert changyi.post(path, body).status_code == 201, path
    for path, methods in told["paths"].items():
        if "get" in methods and "{number}" not in path:
            asked = path.removeprefix("/api/v1")
            for each in methods["get"]["parameters"]:
                if each["in"] == "path":
                    example = province.changyi.code if each["example"] == "220202000000" else each["example"]
                    asked = asked.replace(f"{{{each['name']}}}", str(example))
            queries = [each for each in methods["get"]["parameters"] if each["in"] == "query" and each.get("required")]
            asked += "".join(f"?{each['name']}={each['schema']['examples'][0]}" for each in queries)
            assert changyi.get(asked).status_code == 200, asked


def test_a_command_is_one_that_a_shell_reads(app: Flask, client: Client) -> None:
    assert app
    page = client.get("/api/docs")
    commands = re.findall(r'<code id="curl-open_">(.*?)</code>', page.text, re.DOTALL)
    words = shlex.split(commands[0].replace("&#39;", "'").replace("&#34;", '"').replace("\\\n", " "))
    assert words[:2] == ["curl", "http://localhost/api/v1/tickets"]
    assert "Authorization: Bearer $DUIJIE_TOKEN" in words
