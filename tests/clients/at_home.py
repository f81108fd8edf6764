"""A computer with AWS settings of its own, which must be neither read nor written."""

import socket

import pytest

ELSEWHERE = {
    "AWS_PROFILE": "nobody",
    "AWS_ENDPOINT_URL": "http://elsewhere.example",
    "AWS_ENDPOINT_URL_IAM": "http://elsewhere.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_ACCESS_KEY_ID": "AKIAELSEWHERE",
    "AWS_SECRET_ACCESS_KEY": "elsewhere",
    "AWS_SESSION_TOKEN": "elsewhere",
    "AWS_DEFAULT_REGION": "mx-central-1",
    "HTTP_PROXY": "http://elsewhere.example",
}


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Make a home folder with settings of AWS, and let nothing leave the computer."""
    folder = tmp_path / "home"
    (folder / ".aws").mkdir(parents=True)
    (folder / ".aws" / "config").write_text("[profile dana]\nregion = mx-central-1\n")
    monkeypatch.setenv("HOME", str(folder))
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    connect = socket.socket.connect

    def connect_here(own, address):
        assert address[0] in ("127.0.0.1", "localhost", "::1"), "a request left the machine"
        return connect(own, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    return folder
