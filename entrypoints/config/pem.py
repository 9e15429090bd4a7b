"""Whether certificates, keys and password files can be used. Files are read again later; this is for the start."""

import ssl
from pathlib import Path
from typing import Final

_ENCRYPTED: Final = ("BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED")


def check_authority(variable: str, path: Path) -> None:
    """Raises ValueError for a file without certificates."""
    check_text(variable, path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise ValueError(f"{variable} must be a PEM file of certificates") from None


def check_certificate(variable: str, path: Path, key_variable: str, key: Path | None) -> None:
    """Raises ValueError for a certificate or a key that cannot be used, or that do not belong together."""
    check_authority(variable, path)
    key_file, key_name = (path, variable) if key is None else (key, key_variable)
    text = check_text(key_name, key_file)
    if any(mark in text for mark in _ENCRYPTED):
        raise ValueError(f"{key_name} must be a key without a passphrase")
    if "PRIVATE KEY" not in text:
        more = f", or set {key_variable}" if key is None else ""
        raise ValueError(f"{key_name} must be a PEM file with a private key{more}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path, key)
    except ssl.SSLError:
        raise ValueError(f"{key_name} must have the private key of {variable}") from None


def check_text(variable: str, path: Path) -> str:
    """What is in the file. Raises ValueError."""
    try:
        text = path.read_text()
    except OSError as error:
        raise ValueError(f"{variable}: the file cannot be read: {type(error).__name__}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{variable}: the file is no text") from None
    if not text.strip():
        raise ValueError(f"{variable}: the file is empty")
    return text
