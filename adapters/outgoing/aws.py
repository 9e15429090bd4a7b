"""Sessions with AWS."""

from functools import cache

import aioboto3
from aiobotocore.session import get_session
from botocore.loaders import Loader, create_loader


def aws_session() -> aioboto3.Session:
    """Reads the standard AWS variables, as any session does.

    All sessions of a process share what botocore reads of its own files: to read the descriptions of the endpoints
    and of S3 takes a quarter of a second.
    """
    session = get_session()
    session.register_component("data_loader", _loader())
    return aioboto3.Session(botocore_session=session)


@cache
def _loader() -> Loader:
    return create_loader()
