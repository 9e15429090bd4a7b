"""For clients of servers on this machine, which speak HTTP without TLS."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""As ``verify`` of a client. Without it, each client, and each call such as ``httpx2.get``, reads all certificate
authorities of the machine: that takes ten times as long as the request."""
