"""Names of columns: those that announce codes, and those of our own export."""

from typing import Final

MAX_COLUMN_NAME: Final = 100

EXPORT_COLUMNS: Final = (
    "code",
    "type",
    "status",
    "reserveId",
    "reservedAt",
    "expiresAt",
    "assignedTo",
    "assignedAt",
)
"""The columns of our own export. Its guards against formulas are removed when it is imported."""

_CODE_KINDS: Final = (
    *("code", "voucher", "coupon", "access", "promo", "promotion", "promotional", "discount", "gift", "presale"),
    *(
        "unlock",
        "ticket",
        "redemption",
        "redeem",
        "activation",
        "offer",
        "invite",
        "invitation",
        "unique",
        "serial",
    ),
    *("vip", "fan", "entry", "pass", "reward", "referral", "verification"),
)
_KNOWN_HEADERS: Final = frozenset(
    {"code", "voucher", "coupon", "promo", "barcode", "passcode", "serial", "serial number", "voucher number"}
    | {
        "coupon number",
        "access key",
        "code promo",
        "gutschein",
        "gutscheincode",
        "codigo",
        "código",
        "kod",
        "codice",
    }
    | {f"{kind}{space}code" for kind in _CODE_KINDS for space in ("", " ")}
)


def is_known_header(cell: str) -> bool:
    return normalized(cell) in _KNOWN_HEADERS


def normalized(cell: str) -> str:
    """The name in words: ``Voucher_Codes:`` becomes ``voucher code``."""
    words = cell[:MAX_COLUMN_NAME].casefold().strip(" \"'*:#").replace("_", " ").replace("-", " ").split()
    if words and words[-1].endswith(("codes", "vouchers", "coupons", "serials", "gutscheine")):
        words[-1] = words[-1][:-1]
    return " ".join(words)
