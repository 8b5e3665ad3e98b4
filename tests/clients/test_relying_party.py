"""Relying parties that know OpenID discovery and JSON Web Tokens, and nothing of Azure: PyJWT and requests."""

import base64
import json
import pathlib

import jwt
import pytest
import requests
from conftest import EVIDENCE, b64url


def post(instance, route, body):
    address = f"{instance.url}/attest/{route}?api-version=2020-10-01"
    return requests.post(address, json=body, verify=instance.ca, timeout=30)


def validated(instance, token):
    """The claims of a token, if discovery leads to a key that signed it."""
    metadata = requests.get(instance.url + "/.well-known/openid-configuration", verify=instance.ca, timeout=30).json()
    keys = jwt.PyJWKClient(metadata["jwks_uri"], ssl_context=instance.tls())
    key = keys.get_signing_key_from_jwt(token)
    algorithms = metadata["id_token_signing_alg_values_supported"]
    required = {"require": ["exp", "iat", "nbf", "iss", "jti"]}
    return jwt.decode(token, key, algorithms=algorithms, issuer=metadata["issuer"], options=required)


def pem_chain(folder):
    """Every certificate that was written beside emulated evidence."""
    blocks = []
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if file.is_file():
            text = file.read_bytes()
            if b"BEGIN CERTIFICATE" in text:
                blocks.append(text)
    return b"".join(blocks)


@pytest.fixture
def sgx_token(dev, emulated):
    body = {"quote": b64url(emulated("sgx-json.bin"))}
    answer = post(dev, "SgxEnclave", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["token"]


def test_a_token_is_validated_by_discovery(dev, sgx_token):
    claims = validated(dev, sgx_token)
    assert claims["x-ms-attestation-type"] == "sgx"
    assert claims["x-ms-ver"] == "1.0"
    assert claims["x-casemate-trust-class"] == "emulated"
    header = jwt.get_unverified_header(sgx_token)
    assert header["alg"] == "RS256" and header["typ"] == "JWT" and header["jku"] == dev.url + "/certs"


def test_a_changed_token_is_not(dev, sgx_token):
    head, body, signature = sgx_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["x-ms-sgx-is-debuggable"] = not claims["x-ms-sgx-is-debuggable"]
    forged = ".".join([head, b64url(json.dumps(claims).encode()), signature])
    with pytest.raises(jwt.InvalidSignatureError):
        validated(dev, forged)


def test_another_issuers_token_is_not(dev, recorded, sgx_token):
    with pytest.raises(jwt.PyJWTError):
        validated(recorded, sgx_token)


def test_snp_as_the_container_side_car_sends_it(dev, emulated):
    runtime = emulated("runtime.json")
    padded = lambda data: base64.urlsafe_b64encode(data).decode()
    report = {
        "SnpReport": padded(emulated("snp-json.bin")),
        "VcekCertChain": padded(pem_chain(str(EVIDENCE / "snp-json.bin.endorsements"))),
    }
    body = {
        "report": padded(json.dumps(report).encode()),
        "runtimeData": {"data": padded(runtime), "dataType": "JSON"},
        "initTimeData": {"data": "", "dataType": ""},
        "nonce": 18446744073709551615,
    }
    answer = post(dev, "SevSnpVM", body)
    assert answer.status_code == 200, answer.text
    claims = validated(dev, answer.json()["token"])
    assert claims["x-ms-attestation-type"] == "sevsnpvm"
    assert claims["x-ms-runtime"] == json.loads(runtime)
    assert str(claims["nonce"]) == "18446744073709551615"
    assert claims["x-ms-sevsnpvm-is-debuggable"] is False


def test_tdx(dev, emulated):
    runtime = emulated("runtime.json")
    body = {
        "quote": b64url(emulated("tdx-json.bin")),
        "runtimeData": {"data": b64url(runtime), "dataType": "JSON"},
        "nonce": "relying-party",
    }
    answer = post(dev, "tdxvm", body)
    assert answer.status_code == 200, answer.text
    claims = validated(dev, answer.json()["token"])
    assert claims["x-ms-attestation-type"] == "tdxvm"
    assert claims["x-ms-runtime"] == json.loads(runtime)
    assert claims["nonce"] == "relying-party"


def test_policies_need_a_token_and_keys_do_not(dev):
    get = lambda path: requests.get(dev.url + path, verify=dev.ca, timeout=30)
    assert get("/policies/SgxEnclave").status_code == 401
    for path in ["/certs", "/.well-known/openid-configuration", "/healthz"]:
        assert get(path).status_code == 200, path


def test_what_is_no_evidence_gets_an_answer(dev):
    for body in [{}, {"quote": ""}, {"quote": "!"}, {"quote": b64url(b"\x03\0" * 400)}, {"quote": 7}]:
        answer = post(dev, "SgxEnclave", body)
        assert answer.status_code == 400, body
        assert {"code", "message"} <= set(answer.json()["error"]), body
