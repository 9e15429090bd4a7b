"""Bodies as they should not be: unreadable (400), of the wrong type (415), too large (413), wrong (422)."""

from typing import Any

import httpx2
import pytest

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024
TAKING_JSON = [
    "entries", "entries/confirm", "entries/selection", "entries/transfer", "entries/scoring", "phone-blocks/lift",
    "phones/free",
]  # fmt: skip
AT_MOST_A_MEBIBYTE = [path for path in TAKING_JSON if path != "entries/scoring"]


def send(scene: Scene, path: str, content: bytes, headers: dict[str, str] = JSON) -> httpx2.Response:
    return scene.ask("POST", path, content=content, headers=bearer() | headers)


@pytest.mark.parametrize("path", TAKING_JSON)
@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"nonsense", b"{'phone':1}", b"{}x", b"{}{}", b"\xff\xfe", b'{"phone":"\xff"}',
        b'{"score":NaN}', b'{"x":Infinity}', b'{"x":01}', b'{"phone":"a\nb"}', b"[" * 100_000,
        b'{"a":' * 100_000, b"\xef\xbb\xbf{}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"markets":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_what_is_no_json_is_a_400(scene: Scene, path: str, content: bytes) -> None:
    assert_problem(send(scene, path, content), 400, "request.malformed")


@pytest.mark.parametrize("path", TAKING_JSON)
@pytest.mark.parametrize("type", ["text/plain", "application/problem+json", "multipart/form-data", "nonsense"])
def test_another_content_type_is_a_415(scene: Scene, path: str, type: str) -> None:
    assert_problem(send(scene, path, b"{}", {"Content-Type": type}), 415, "request.unsupported_media_type")
    assert_problem(send(scene, path, b"{}", {}), 415, "request.unsupported_media_type")


@pytest.mark.parametrize("path", AT_MOST_A_MEBIBYTE)
def test_a_body_over_a_mebibyte_is_a_413(scene: Scene, path: str) -> None:
    assert_problem(send(scene, path, b"{" + b" " * MEGABYTE), 413, "request.too_large")
    assert_problem(send(scene, path, b"{}" + b" " * (MEGABYTE - 2)), 422, "request.invalid")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("phone", None, "/phone"), ("phone", 12014440123, "/phone"), ("phone", ["+12014440123"], "/phone"),
        ("email", "", "/email"), ("email", "ann", "/email"), ("email", "a b@example.org", "/email"),
        ("email", "a@b@c", "/email"), ("email", "@example.org", "/email"), ("email", 7, "/email"),
        ("email", "x" * 250 + "@a.bc", "/email"), ("email", "x" * 500_000, "/email"),
        ("firstName", "", "/firstName"), ("firstName", "x" * 257, "/firstName"), ("firstName", 7, "/firstName"),
        ("lastName", "", "/lastName"), ("lastName", ["x"], "/lastName"), ("optIns", [], "/optIns"),
        ("optIns", {"news": "yes"}, "/optIns/..."), ("optIns", {"news": 1}, "/optIns/..."),
        ("optIns", {"": True}, "/optIns"), ("optIns", {"x" * 101: True}, "/optIns"),
        ("optIns", {"a\nb": True}, "/optIns"), ("optIns", {"https://x": True}, "/optIns"),
        ("optIns", {str(number): True for number in range(51)}, "/optIns"), ("optIns", "news", "/optIns"),
        ("attributes", {"seat": 7}, "/attributes/..."), ("attributes", {"seat": None}, "/attributes/..."),
        ("attributes", {"seat": {"row": "A"}}, "/attributes/..."),
        ("attributes", {"seat": "x" * 16_385}, "/attributes/..."), ("attributes", {"x" * 101: ""}, "/attributes"),
        ("attributes", {"a\x00b": ""}, "/attributes"), ("attributes", {"a\n": ""}, "/attributes"),
        ("attributes", {"\u2028": ""}, "/attributes"), ("attributes", {"see https://x": ""}, "/attributes"),
        ("attributes", {"seat": "x" * 16_381}, "/attributes"),
        ("attributes", {"seat": "é" * 8_191}, "/attributes"),
        ("attributes", {f"é{number:02}": "x" * 325 for number in range(50)}, "/attributes"),
        ("attributes", {str(number): "" for number in range(51)}, "/attributes"),
        ("inviteCode", 7, "/inviteCode"), ("inviteCode", "x" * 257, "/inviteCode"), ("device", "x", "/device"),
        ("device", {"sessionId": 7}, "/device/sessionId"), ("device", {"ip": "x" * 65}, "/device/ip"),
        ("device", {"userAgent": "x" * 1_025}, "/device/userAgent"), ("device", {"more": "x"}, "/device/more"),
        ("userId", "a\nb", "/userId"), ("userId", "x" * 129, "/userId"), ("userId", "", "/userId"),
        ("userId", 7, "/userId"),
        ("userId", {}, "/userId"), ("campaignId", "x", "/campaignId"), ("selection", "selected", "/selection"),
        ("status", "confirmed", "/status"), ("phoneConfirmedAt", "2026-01-01T00:00:00.000Z", "/phoneConfirmedAt"),
        ("revision", 7, "/revision"),
        ("score", 100, "/score"), ("first_name", "Ann", "/first_name"), ("a/b~c", 1, "/a~1b~0c"),
        ("__proto__", {}, "/__proto__"), ("$where", "1", "/$where"),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_a_registration_that_does_not_fit_is_a_422_that_names_the_field(
    scene: Scene, field: str, value: Any, pointer: str
) -> None:
    ann = scene.fan()

    assert_problem(ann.register(**{field: value}), 422, "request.invalid", pointer)
    assert_problem(ann.get("entries/me"), 404, "entry.not_found")


@pytest.mark.parametrize(
    "names",
    [["a.b", "$set", "$", "..", "__proto__", "a:/b", "\u202e", "é", "e\u0301", " ", "🎫"], ["x" * 100]],
    ids=["odd", "long"],
)
def test_names_that_callers_make_up_come_back_as_they_are(scene: Scene, names: list[str]) -> None:
    ann = scene.fan()
    opt_ins = {name: number % 2 == 0 for number, name in enumerate(names)}
    attributes = {name: f"{name} {'y' * 900}" for name in names}

    entry = ann.registered(optIns=opt_ins, attributes=attributes, firstName="Zoë 🎫", lastName="\u202eØ")

    assert entry == entry | {
        "optIns": opt_ins,
        "attributes": attributes,
        "firstName": "Zoë 🎫",
        "lastName": "\u202eØ",
    }
    assert ann.get("entries/me").json() == entry
    assert ann.registered() == entry


def test_attributes_may_have_16_kib_in_all(scene: Scene) -> None:
    ann = scene.fan()
    attributes = {f"é{number:02}": "é" * 161 + "x" for number in range(49)} | {"last": "x" * 357}
    assert sum(len(f"{name}{value}".encode()) for name, value in attributes.items()) == 16_384

    assert ann.registered(attributes=attributes)["attributes"] == attributes
    refused = assert_problem(ann.register(attributes=attributes | {"last": "x" * 358}), 422, "request.invalid")
    assert "at most 16384" in refused["errors"][0]["detail"]


@pytest.mark.parametrize(
    "type", ["application/ndjson", "application/jsonl", "text/x-jsonlines", "application/x-ndjson"]
)
@pytest.mark.parametrize("path", TAKING_JSON)
def test_lines_of_json_are_told_their_name_where_they_are_taken(scene: Scene, path: str, type: str) -> None:
    answer = send(scene, path, b"", {"Content-Type": type})

    if path == "entries/scoring" and type == "application/x-ndjson":
        assert answer.status_code == 200
        return
    told = assert_problem(answer, 415, "request.unsupported_media_type")["detail"]
    assert "application/json" in told
    assert ("application/x-ndjson" in told) == (path == "entries/scoring")


def test_what_may_be_left_out_may_be_null(scene: Scene) -> None:
    optional = ("email", "firstName", "lastName", "optIns", "attributes", "inviteCode", "device", "userId")
    ann = scene.fan(email=None)

    answer = ann.register(**dict.fromkeys(optional))

    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["optIns"], answer.json()["attributes"]) == (None, {}, {})


@pytest.mark.parametrize("typed", [" {0}\n", "\u202a{0}\u202c", "{0}\u200b", "\ufeff\u00a0{0}"], ids=ascii)
def test_a_mail_address_is_trimmed(scene: Scene, typed: str) -> None:
    address = f"{'x' * 242}@example.org"

    assert scene.fan().registered(email=typed.format(address))["email"] == address


def test_no_rule_is_told_as_a_pattern(scene: Scene) -> None:
    told = {
        field: assert_problem(scene.fan().register(**{field: value}), 422, "request.invalid")["errors"][0][
            "detail"
        ]
        for field, value in (("email", "a b@c"), ("userId", "\0"))
    }

    assert told["email"] == "must be a mail address: one @, no spaces, at most 254 characters"
    assert told["userId"].startswith("must be 1 to 128 printable characters")


def test_half_a_character_is_a_422_and_not_stored(scene: Scene) -> None:
    ann = scene.fan()
    content = b'{"phone":"%s","markets":["nyc"],"firstName":"\\ud800"}' % ann.phone.encode()

    refused = scene.ask("POST", "entries", content=content, headers=ann.headers | JSON)

    assert_problem(refused, 422, "request.invalid", "")


def test_what_was_sent_in_the_wrong_place_is_not_repeated(scene: Scene) -> None:
    """A phone, a code or a token must not come back in an error, wherever it was put."""
    secret = "SECRET-12014440123"
    ann = scene.fan()
    answers = [
        ann.register(phone=secret),
        ann.register(markets=[secret]),
        ann.register(email=secret),
        ann.register(userId=f"{secret}\n!"),
        ann.register(optIns={secret: secret}),
        ann.register(attributes={secret: 7}),
        ann.register(device=secret),
        ann.post("entries/confirm", {"token": secret, "code": secret}),
        ann.post("entries/confirm", {"token": secret, "code": "123456"}),
        scene.post("phone-blocks/lift", {"phone": secret}),
        scene.post("entries/selection", {"userIds": [f"{secret}\n"], "selection": secret}),
        scene.post("entries/selection", {"userIds": ["ann"], "selection": secret}),
        scene.post("entries/transfer", {"from": "nyc", "to": secret}),
        scene.post("entries/scoring", {"key": f"scoring/{secret}/{secret}/x"}),
        scene.post("entries/scoring", {"records": secret}),
        scene.get(f"entries/scoring?selection={secret}"),
        scene.get(f"entries/scoring?minScore={secret}"),
        scene.get(f"entries/scoring?cursor={secret}!"),
        scene.get(f"entries/{secret}%00"),
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert not [answer.text for answer in answers if secret in answer.text]
