"""The page that shows the OpenAPI document to people."""

import json
import re

import httpx2
import pytest

from tests.servers.service import Service


def test_the_page_needs_nothing_but_the_service(running: Service) -> None:
    page = httpx2.get(f"{running.url}/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("<!doctype html>", "")
    needed = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(needed) == 3
    types = {path: httpx2.get(running.url + path).headers["content-type"].partition(";")[0] for path in needed}
    assert set(types.values()) == {"text/css", "text/javascript"}


def test_the_page_may_load_nothing_from_elsewhere(running: Service) -> None:
    policy = httpx2.get(f"{running.url}/docs").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "http" not in policy
    script = httpx2.get(f"{running.url}/docs/docs.js").text
    assert json.dumps("/openapi.json") in script


@pytest.mark.parametrize("asset", ["nope.js", "..%2fapp.py", "%2e%2e/app.py", "LICENSE"])
def test_only_the_assets_of_the_page_are_served(running: Service, asset: str) -> None:
    assert httpx2.get(f"{running.url}/docs/{asset}").status_code == 404
