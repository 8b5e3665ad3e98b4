"""The services that run.sh started, and evidence for them."""

import base64
import dataclasses
import json
import os
import pathlib
import ssl
import time

import pytest
from azure.core.credentials import AccessToken
from azure.security.attestation import AttestationAdministrationClient, AttestationClient

EVIDENCE = pathlib.Path(os.environ["EVIDENCE"])
SHARED = pathlib.Path(os.environ["CASEMATE_SHARED"]) / "evidence"


class Bearer:
    """A credential that always has the same token."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **kwargs):
        return AccessToken(self.token, int(time.time()) + 3600)


@dataclasses.dataclass(frozen=True)
class Instance:
    """A running service and how to reach it."""

    url: str
    ca: str
    token: str

    def client(self):
        return AttestationClient(self.url, Bearer(self.token), connection_verify=self.ca, **self.validation())

    def administration(self, token=None):
        credential = Bearer(self.token if token is None else token)
        return AttestationAdministrationClient(self.url, credential, connection_verify=self.ca, **self.validation())

    def validation(self):
        return {"validate_token": True, "validate_issuer": True, "issuer": self.url}

    def tls(self):
        return ssl.create_default_context(cafile=self.ca)


@pytest.fixture(scope="session")
def dev():
    return Instance(os.environ["DEV_URL"], os.environ["DEV_CA"], os.environ["DEV_TOKEN"])


@pytest.fixture(scope="session")
def recorded():
    return Instance(os.environ["RECORDED_URL"], os.environ["RECORDED_CA"], os.environ["DEV_TOKEN"])


@pytest.fixture
def emulated():
    """A file that run.sh made."""
    return lambda name: (EVIDENCE / name).read_bytes()


@pytest.fixture
def real():
    """A file of the recorded evidence."""
    return lambda name: (SHARED / name).read_bytes()


@pytest.fixture
def held_data():
    """What the enclave of a recorded quote vouches for."""
    return lambda name: bytes.fromhex(json.loads((SHARED / name).read_text())["EnclaveHeldDataHex"])


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(f"python: {len(stats.get('passed', []))} passed, {failed} failed")
