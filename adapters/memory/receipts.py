"""Receipts where no mailer is configured."""

import structlog

from ports.neighbours import Receipt


class LogReceipts:
    """For development: logs that a receipt would have been mailed, without the address."""

    async def send(self, receipt: Receipt) -> bool:
        structlog.get_logger().info("receipt.not_sent_only_logged", message_id=receipt.id)
        return True
