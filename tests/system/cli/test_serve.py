"""``fangate serve`` as a process: how it starts, and how it stops."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from tests.support.servers.service import Service, service
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_says_where_it_listens_and_told_to_stop_it_ends_in_order(name: str) -> None:
    with service({"FANGATE_OBJECTS": "memory:"}, forked=False) as running:
        assert_says_once_where_it_listens(running)
        running.process.send_signal(getattr(signal, name))

        assert running.process.wait(timeout=60) == 0
        assert "Traceback" not in running.logged()


def assert_says_once_where_it_listens(running: Service) -> None:
    eventually(running.logged, lambda log: "http.listening" in log)
    (line,) = [line for line in running.lines() if line["event"] == "http.listening"]
    assert (line["address"], line["docs"]) == (running.url, f"{running.url}/docs")


def test_several_processes_say_it_once_and_told_to_stop_they_end_in_order(database_url: str) -> None:
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": "memory:"}
    with service(settings, workers=2, forked=False) as running:
        assert_says_once_where_it_listens(running)
        assert running.stop() == 0
        assert running.logged().count("http.listening") == 1
        assert "Traceback" not in running.logged()


def test_an_idle_connection_outlives_the_patience_of_http_clients_and_does_not_hold_up_the_end() -> None:
    """Clients close an idle connection after 5 s, load balancers after 60 s. The service must not be the first."""
    with service({"FANGATE_OBJECTS": "memory:"}) as running:
        host, _, port = running.url.removeprefix("http://").rpartition(":")
        with closing(HTTPConnection(host, int(port), timeout=30)) as connection:
            connection.connect()
            connection.auto_open = 0  # One that the service has closed is not opened again.
            assert _alive(connection)
            time.sleep(7)
            assert _alive(connection)

            assert running.stop() == 0


def _alive(connection: HTTPConnection) -> bool:
    connection.request("GET", "/livez")
    with connection.getresponse() as answer:
        answer.read()
        return answer.status == 200


def test_an_empty_variable_is_as_good_as_none_and_over_memory_it_warns_that_nothing_is_kept() -> None:
    empty = ("STORE", "JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "RESERVATION_TTL", "LOG_LEVEL")
    with service({"FANGATE_OBJECTS": "memory:"} | {f"FANGATE_{name}": "" for name in empty}) as running:
        answer = httpx2.get(f"{running.url}/c1/codes", headers=bearer(), timeout=60, verify=NO_TLS)
        assert answer.status_code == 200
        assert "store.in_memory" in running.logged()


@pytest.fixture
def signatures() -> Iterator[tuple[str, list[str]]]:
    """Something that answers 404 to every request, and the Authorization headers it got."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:  # the library's name
            seen.append(self.headers["Authorization"])
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Not on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_reaches_aws(signatures: tuple[str, list[str]], variable: str) -> None:
    """botocore itself does not know AWS_REGION; the signature shows what it was told."""
    url, seen = signatures
    settings = {
        "FANGATE_OBJECTS": "s3://bucket",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        variable: "ap-southeast-2",
    }
    with service(settings) as running:
        body = {"key": "codes/c1/tm/a.csv"}
        answer = httpx2.post(f"{running.url}/c1/codes", json=body, headers=bearer(), timeout=60, verify=NO_TLS)

    assert answer.status_code == 404
    assert seen
    assert all("/ap-southeast-2/s3/aws4_request" in signature for signature in seen)
