"""Text messages that go no further than the log."""

import structlog

from domain.model.registrations.phones import PhoneNumber


class LogSms:
    """For development only, NEVER for production: the log holds the code that proves a phone is somebody's own.

    No message leaves the machine. The number is cut to its last two digits; the code is not, since reading it in
    the log is what this is for.
    """

    async def send(self, to: PhoneNumber, body: str) -> None:
        structlog.get_logger().warning("sms.not_sent_only_logged", to=f"…{to[-2:]}", body=body)
