"""azure-security-attestation, unmodified."""

import base64
import hashlib
import json
import struct

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.security.attestation import AttestationPolicyToken, AttestationType, PolicyModification
from cryptography.x509 import load_pem_x509_certificate

PERMIT = "version= 1.0;\nauthorizationrules\n{\n=> permit();\n};\nissuancerules\n{\n=> issue(type=\"tests\", value=\"python\");\n};"
REFUSE = (
    "version= 1.0;\nauthorizationrules\n{\n"
    'c:[type=="x-ms-sgx-is-debuggable", value==true] => permit();\n};\nissuancerules\n{\n};'
)
BROKEN = "version= 1.0;\nauthorizationrules\n{\n=> permits();\n};\nissuancerules\n{\n};"


def open_enclave(quote):
    """The Open Enclave report header (oe_report_header_t): version, type remote, size."""
    return struct.pack("<IIQ", 1, 2, len(quote)) + quote


@pytest.fixture
def clean(dev):
    """An administration client; afterwards the SGX policy is the default again."""
    client = dev.administration()
    yield client
    client.reset_policy(AttestationType.SGX_ENCLAVE)


def refusal(call, *arguments, **keywords):
    with pytest.raises(HttpResponseError) as caught:
        call(*arguments, **keywords)
    return caught.value


def code(error):
    return json.loads(error.response.text())["error"]["code"]


def test_emulated_sgx_with_json(dev, emulated):
    runtime = emulated("runtime.json")
    result, token = dev.client().attest_sgx_enclave(emulated("sgx-json.bin"), runtime_json=runtime)
    assert result.runtime_claims == json.loads(runtime)
    assert result.issuer == dev.url
    assert result.verifier_type == "sgx"
    assert result.is_debuggable is False
    assert len(bytes.fromhex(result.mr_enclave)) == 32
    assert token.algorithm == "RS256"
    assert json.loads(token.body_bytes)["x-casemate-trust-class"] == "emulated"


def test_emulated_sgx_with_binary(dev, emulated):
    runtime = emulated("runtime.bin")
    result, _ = dev.client().attest_sgx_enclave(emulated("sgx-binary.bin"), runtime_data=runtime)
    assert result.enclave_held_data == runtime
    assert result.runtime_claims is None


def test_emulated_open_enclave(dev, emulated):
    report = open_enclave(emulated("sgx-json.bin"))
    result, _ = dev.client().attest_open_enclave(report, runtime_json=emulated("runtime.json"))
    assert result.runtime_claims == json.loads(emulated("runtime.json"))
    report = open_enclave(emulated("sgx-binary.bin"))
    result, _ = dev.client().attest_open_enclave(report, runtime_data=emulated("runtime.bin"))
    assert result.enclave_held_data == emulated("runtime.bin")


def test_other_runtime_data_is_refused(dev, emulated):
    error = refusal(dev.client().attest_sgx_enclave, emulated("sgx-binary.bin"), runtime_data=b"other")
    assert (error.status_code, code(error)) == (400, "InvalidParameter")


def test_a_flipped_bit_is_refused(dev, emulated):
    quote = bytearray(emulated("sgx-json.bin"))
    quote[48 + 64] ^= 1  # MRENCLAVE, in the report body behind the 48-byte header
    error = refusal(dev.client().attest_sgx_enclave, bytes(quote))
    assert (error.status_code, code(error)) == (400, "InvalidParameter")


def test_draft_policy_gives_an_unsecured_token(dev, emulated):
    _, token = dev.client().attest_sgx_enclave(emulated("sgx-json.bin"), draft_policy=PERMIT)
    assert token.algorithm == "none"
    error = refusal(dev.client().attest_sgx_enclave, emulated("sgx-json.bin"), draft_policy=REFUSE)
    assert (error.status_code, code(error)) == (400, "PolicyEvaluationError")


def test_emulated_evidence_is_refused_without_its_roots(recorded, emulated):
    error = refusal(recorded.client().attest_sgx_enclave, emulated("sgx-json.bin"))
    assert error.status_code == 400


def test_real_sgx(recorded, real, held_data):
    folder = "sgx-dcap/sgx-maa-intelsdk-release/"
    held = held_data(folder + "enclave.info.json")
    result, _ = recorded.client().attest_sgx_enclave(real(folder + "quote.bin"), runtime_data=held)
    assert result.mr_enclave == "d37d983a85d63fb49649610e2eba0930ecdbff6d113aca3ff3fc7261696c0134"
    assert result.mr_signer == "feb995eb86c349ac98e5afbbb5732ca7376ec9979002702ea17ad476e0853a04"
    assert (result.product_id, result.svn, result.is_debuggable) == (1, 1, False)
    assert result.enclave_held_data == held
    assert set(result.sgx_collateral or {}) >= {"quotehash", "tcbinfohash"}


def test_real_sgx_of_the_client_packages_own_recording(recorded, real):
    result, _ = recorded.client().attest_sgx_enclave(real("sgx-dcap/sgx-azsdk-recording/quote.bin"))
    assert result.mr_enclave == "b779202618becb636768e5d902f28d524222735fafb539ea9ba07c3fc171a1c2"


def test_real_open_enclave(recorded, real, held_data):
    folder = "open-enclave/oe-report-maa-release/"
    held = held_data(folder + "enclave.info.json")
    result, _ = recorded.client().attest_open_enclave(real(folder + "oe_report.bin"), runtime_data=held)
    assert result.mr_enclave == "4d62dedf3296fb3e7794b5b57bde276c98d11e79b4f86665aa32d4649f9ab1d8"
    assert result.enclave_held_data == held


def test_a_real_debug_enclave_is_refused_by_the_default_policy(recorded, real):
    quote = real("sgx-dcap/sgx-maa-intelsdk-debug/quote.bin")
    error = refusal(recorded.client().attest_sgx_enclave, quote)
    assert (error.status_code, code(error)) == (400, "PolicyEvaluationError")


def test_policy_is_set_read_and_reset(dev, clean):
    before, _ = clean.get_policy(AttestationType.SGX_ENCLAVE)
    assert "version=" in before.replace(" ", "")
    result, _ = clean.set_policy(AttestationType.SGX_ENCLAVE, PERMIT)
    sent = AttestationPolicyToken(PERMIT).to_jwt_string()
    assert result.policy_resolution == PolicyModification.UPDATED
    assert result.policy_token_hash == hashlib.sha256(sent.encode()).digest()
    assert clean.get_policy(AttestationType.SGX_ENCLAVE)[0] == PERMIT
    result, _ = clean.reset_policy(AttestationType.SGX_ENCLAVE)
    assert result.policy_resolution == PolicyModification.REMOVED
    assert clean.get_policy(AttestationType.SGX_ENCLAVE)[0] == before


@pytest.mark.parametrize("kind", [AttestationType.OPEN_ENCLAVE, "SevSnpVm", "TdxVm"])
def test_every_type_has_a_policy(dev, kind):
    client = dev.administration()
    before, _ = client.get_policy(kind)
    client.set_policy(kind, PERMIT)
    try:
        assert client.get_policy(kind)[0] == PERMIT
    finally:
        client.reset_policy(kind)
    assert client.get_policy(kind)[0] == before


def test_the_policy_in_force_decides(dev, clean, emulated):
    clean.set_policy(AttestationType.SGX_ENCLAVE, REFUSE)
    error = refusal(dev.client().attest_sgx_enclave, emulated("sgx-json.bin"))
    assert (error.status_code, code(error)) == (400, "PolicyEvaluationError")
    clean.set_policy(AttestationType.SGX_ENCLAVE, PERMIT)
    result, token = dev.client().attest_sgx_enclave(emulated("sgx-json.bin"))
    assert json.loads(token.body_bytes)["tests"] == "python"
    encoded = base64.urlsafe_b64encode(PERMIT.encode()).rstrip(b"=")
    assert result.policy_hash == hashlib.sha256(encoded).digest()


def test_a_broken_policy_is_refused_with_its_place(clean):
    error = refusal(clean.set_policy, AttestationType.SGX_ENCLAVE, BROKEN)
    assert (error.status_code, code(error)) == (400, "PolicyParsingError")
    place = json.loads(error.response.text())["error"]["innererror"]
    assert (place["line"], place["column"]) == (4, 4)


def test_policies_need_a_token(dev):
    with pytest.raises(ClientAuthenticationError) as caught:
        dev.administration("not-the-token").get_policy(AttestationType.SGX_ENCLAVE)
    assert caught.value.status_code == 401
    with pytest.raises(ClientAuthenticationError):
        dev.administration("not-the-token").set_policy(AttestationType.SGX_ENCLAVE, PERMIT)


def test_discovery_and_signing_certificates(dev):
    client = dev.client()
    metadata = client.get_open_id_metadata()
    assert metadata["issuer"] == dev.url
    assert metadata["jwks_uri"] == dev.url + "/certs"
    signers = client.get_signing_certificates()
    assert signers
    for signer in signers:
        assert signer.key_id
        certificate = load_pem_x509_certificate(signer.certificates[0].encode())
        assert certificate.subject.rfc4514_string() == f"CN={dev.url}"
