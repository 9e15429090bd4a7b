"""Writes text messages to the log instead of sending them."""

import structlog

from domain.model.registrations.phones import PhoneNumber


class LogSms:
    """For development only, NEVER for production: the log contains the codes that confirm phones.

    No message leaves the machine. The log has only the last two digits of the number, but the full message:
    developers read the code there.
    """

    async def send(self, to: PhoneNumber, body: str) -> None:
        structlog.get_logger().warning("sms.not_sent_only_logged", to=f"…{to[-2:]}", body=body)
