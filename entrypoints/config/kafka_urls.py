"""The URLs of a Kafka.

kafka://host:port[,host:port]/topic
kafka+ssl://[user:password@]host:port[,host:port]/topic[?mechanism=SCRAM-SHA-512]
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote

SSL: Final = "kafka+ssl:"
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER")
"""The first is used where a URL names none."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
"""Not in users and passwords: PLAIN separates its fields by NUL, OAUTHBEARER by another of these."""

_LAST_PORT: Final = 65_535
_HOST: Final = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"
_PLACE: Final = rf"(?P<servers>{_HOST}(?:,{_HOST})*)/(?P<topic>[A-Za-z0-9._-]{{1,249}})/?"
_WORD: Final = r"(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+"
"""RFC 3986 allows a comma too; here it separates brokers."""
_URL: Final = re.compile(rf"kafka://{_PLACE}")
_SSL_URL: Final = re.compile(
    rf"kafka\+ssl://(?:(?P<user>{_WORD})(?::(?P<password>{_WORD}))?@)?{_PLACE}(?:\?(?P<query>[^#]*))?"
)
_PORT: Final = re.compile(r":([0-9]+)(?=,|$)")
_FORM: Final = "kafka://host:port[,host:port]/topic"
_SSL_FORM: Final = (
    "kafka+ssl://[user:password@]host:port[,host:port]/topic, with special characters of user and password as %XX"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    servers: str
    """host:port[,host:port]"""
    topic: str
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = ""


def kafka_address(url: str) -> KafkaAddress:
    """Raises ValueError, which quotes nothing of the URL."""
    ssl = url.startswith(SSL)
    match = (_SSL_URL if ssl else _URL).fullmatch(url)
    if match is None or not all(0 < int(port) <= _LAST_PORT for port in _PORT.findall(match["servers"])):
        raise ValueError(f"must name brokers and a topic: {_SSL_FORM if ssl else _FORM}")
    place = {"servers": match["servers"], "topic": match["topic"]}
    if not ssl:
        return KafkaAddress(**place)
    user, password = (_decoded(match[name]) for name in ("user", "password"))
    return KafkaAddress(**place, user=user, password=password, mechanism=_mechanism(match["query"]))


def _decoded(word: str | None) -> str:
    try:
        text = unquote(word or "", errors="strict")
    except UnicodeDecodeError:
        raise ValueError("must have user and password in UTF-8") from None
    if CONTROL.search(text):
        raise ValueError("must have no control characters in user and password")
    return text


def _mechanism(query: str | None) -> str:
    if query is None:
        return ""
    options = parse_qsl(query, keep_blank_values=True)
    if [name for name, _ in options] != ["mechanism"]:
        raise ValueError("must have no option but one ?mechanism=")
    mechanism = options[0][1]
    if mechanism not in MECHANISMS:
        raise ValueError(f"must name a mechanism: one of {', '.join(MECHANISMS)}")
    return mechanism
