"""Several services, reached as through a load balancer.

They are what one service with several processes is to its callers. Each of them starts as a fork, while uvicorn's
processes import everything anew, for seconds.
"""

import itertools
from collections.abc import Iterator, Sequence

import httpx2

from tests.support.without_tls import NO_TLS


class Spread(httpx2.AsyncHTTPTransport):
    """Each request goes to the next service."""

    def __init__(self, urls: Sequence[str], *, limits: httpx2.Limits) -> None:
        super().__init__(limits=limits, verify=NO_TLS)
        self._next: Iterator[httpx2.URL] = itertools.cycle([httpx2.URL(url) for url in urls])

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(port=next(self._next).port)
        return await super().handle_async_request(request)
