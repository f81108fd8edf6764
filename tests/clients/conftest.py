"""What all sessions of boto3 share in these tests."""

from functools import cache

import pytest
from botocore.loaders import create_loader

one_loader = cache(create_loader)


@pytest.fixture(autouse=True)
def _one_loader(monkeypatch):
    """Read each model of a service once, not for each session: it is a megabyte of JSON."""
    monkeypatch.setattr("botocore.session.create_loader", one_loader)
