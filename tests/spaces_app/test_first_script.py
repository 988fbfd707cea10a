"""The script that runs before those of Gradio."""

import re

import pytest

pytest.importorskip("gradio")
from first_script import FirstScript
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

PAGE = "<!doctype html><html><head><script>later()</script></head><body>é <head></body></html>"


def page(request):
    return StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")


@pytest.fixture(scope="module")
def client():
    routes = [
        Route("/", page),
        Route("/other", lambda request: HTMLResponse(PAGE)),
        Route("/data", lambda request: JSONResponse({"text": PAGE})),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstScript)]))


def test_the_script_is_the_first_of_the_page_and_nothing_else_changes(client):
    answer = client.get("/?view=api")
    first, later = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert "beforeunload" in first and later == "later()"
    assert answer.text.replace(f"<script>{first}</script>", "") == PAGE
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_other_answers_are_those_of_the_app(client):
    assert client.get("/other").text == PAGE
    assert client.get("/data").json() == {"text": PAGE}
    assert client.get("/absent").status_code == 404
    assert client.head("/").status_code == 200
