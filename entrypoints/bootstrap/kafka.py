"""How the settings of Kafka become its adapter."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.kafka.access import OAUTH, Access, Encrypted, Plaintext, WithPassword, WithToken
from adapters.kafka.stream import kafka_stream
from adapters.kafka.tokens import TOKEN_SECONDS, AccessTokens
from adapters.outgoing.http import http_neighbour
from entrypoints.config.kafka import KafkaAccess
from entrypoints.config.settings import Settings
from ports.events import EventStream


@asynccontextmanager
async def kafka(settings: Settings) -> AsyncIterator[EventStream]:
    configured = settings.kafka
    async with AsyncExitStack() as stack:
        access = await _access(configured, stack)
        address = configured.address
        yield await stack.enter_async_context(kafka_stream(address.servers, address.topic, access))


async def _access(configured: KafkaAccess, stack: AsyncExitStack) -> Access:
    if not configured.encrypted:
        return Plaintext()
    encrypted = Encrypted(ca=configured.ca, cert=configured.cert, key=configured.key)
    if not configured.user:
        return encrypted
    with_password = WithPassword(
        encrypted=encrypted,
        mechanism=configured.mechanism,
        user=configured.user,
        password=configured.password,
        password_file=configured.password_file,
    )
    if configured.mechanism != OAUTH:
        return with_password
    endpoint = http_neighbour(configured.token_url, part="stream", seconds=TOKEN_SECONDS)
    tokens = AccessTokens(
        await stack.enter_async_context(endpoint),
        client_id=configured.user,
        client_secret=with_password.current_password,
        scope=configured.token_scope,
    )
    return WithToken(encrypted, tokens)
