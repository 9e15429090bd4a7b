"""Under which keys an entry is searched: its phone, and its mail address.

Phones and addresses are kept in plain text beside them, so the keys are plain text, too. A withdrawal replaces the
whole document, and the keys go with the rest.
"""

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from domain.model.registrations.emails import email_key
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber


def key_of_phone(phone: PhoneNumber) -> str:
    return f"phone:{phone_key(phone)}"


def key_of_email(email: str) -> str:
    return f"email:{email_key(email)}"


def search_keys(phone: PhoneNumber, email: str | None) -> list[str]:
    return [key_of_phone(phone)] if email is None else [key_of_phone(phone), key_of_email(email)]


def with_search_keys(document: Raw) -> UpdateOne | None:
    """The write that corrects the keys of a stored entry; None where they are right.

    It finds the document only if phone and address are still the same: a change made meanwhile writes the keys.
    """
    phone = document["phone"]
    wanted = None if phone is None else search_keys(PhoneNumber(phone), document["email"])
    if document.get("searchKeys") == wanted:
        return None
    as_read = {name: document[name] for name in ("campaignId", "_id", "phone", "email")}
    return UpdateOne(as_read, {"$set": {"searchKeys": wanted}} if wanted else {"$unset": {"searchKeys": ""}})
