// @azure/attestation, unmodified.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import attestation from "@azure/attestation";
import { dev, emulated, real, recorded } from "./instances.js";

const { AttestationAdministrationClient, AttestationClient, createAttestationPolicyToken } = attestation;

const PERMIT =
  'version= 1.0;\nauthorizationrules\n{\n=> permit();\n};\nissuancerules\n{\n=> issue(type="tests", value="javascript");\n};';

const validation = (instance) => ({
  validationOptions: { validateToken: true, validateIssuer: true, expectedIssuer: instance.url, timeValidationSlack: 1 },
});
const client = (instance) => new AttestationClient(instance.url, instance.credential, validation(instance));
const administration = (instance) =>
  new AttestationAdministrationClient(instance.url, instance.credential, validation(instance));

// The Open Enclave report header: version 1, type 2 (remote), size.
const openEnclave = (quote) => {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(2, 4);
  header.writeBigUInt64LE(BigInt(quote.length), 8);
  return Buffer.concat([header, quote]);
};

test("emulated SGX evidence with JSON runtime data", async () => {
  const runtime = emulated("runtime.json");
  const { body, token } = await client(dev).attestSgxEnclave(emulated("sgx-json.bin"), { runTimeJson: runtime });
  assert.deepEqual(body.runTimeClaims, JSON.parse(runtime));
  assert.equal(body.issuer, dev.url);
  assert.equal(body.isDebuggable, false);
  assert.equal(token.algorithm, "RS256");
});

test("emulated Open Enclave evidence with binary runtime data", async () => {
  const report = openEnclave(emulated("sgx-binary.bin"));
  const { body } = await client(dev).attestOpenEnclave(report, { runTimeData: emulated("runtime.bin") });
  assert.deepEqual(Buffer.from(body.enclaveHeldData), emulated("runtime.bin"));
});

test("other runtime data is refused", async () => {
  const refused = client(dev).attestSgxEnclave(emulated("sgx-binary.bin"), { runTimeData: Buffer.from("other") });
  await assert.rejects(refused, (error) => error.statusCode === 400);
});

test("a real SGX quote", async () => {
  const folder = "sgx-dcap/sgx-maa-intelsdk-release/";
  const held = Buffer.from(JSON.parse(real(folder + "enclave.info.json")).EnclaveHeldDataHex, "hex");
  const { body } = await client(recorded).attestSgxEnclave(real(folder + "quote.bin"), { runTimeData: held });
  assert.equal(body.mrEnclave, "d37d983a85d63fb49649610e2eba0930ecdbff6d113aca3ff3fc7261696c0134");
  assert.deepEqual(Buffer.from(body.enclaveHeldData), held);
});

test("a real Open Enclave report", async () => {
  const folder = "open-enclave/oe-report-maa-release/";
  const held = Buffer.from(JSON.parse(real(folder + "enclave.info.json")).EnclaveHeldDataHex, "hex");
  const { body } = await client(recorded).attestOpenEnclave(real(folder + "oe_report.bin"), { runTimeData: held });
  assert.equal(body.mrEnclave, "4d62dedf3296fb3e7794b5b57bde276c98d11e79b4f86665aa32d4649f9ab1d8");
});

test("a draft policy gives an unsecured token", async () => {
  const options = { draftPolicyForAttestation: PERMIT };
  const { token } = await client(dev).attestSgxEnclave(emulated("sgx-json.bin"), options);
  assert.equal(token.algorithm, "none");
});

test("policy is set, read and reset", async () => {
  const admin = administration(dev);
  const before = (await admin.getPolicy("OpenEnclave")).body;
  const set = await admin.setPolicy("OpenEnclave", PERMIT);
  assert.equal(set.body.policyResolution, "Updated");
  const sent = createAttestationPolicyToken(PERMIT).serialize();
  assert.deepEqual(Buffer.from(set.body.policyTokenHash), createHash("sha256").update(sent).digest());
  assert.equal((await admin.getPolicy("OpenEnclave")).body, PERMIT);
  const reset = await admin.resetPolicy("OpenEnclave");
  assert.equal(reset.body.policyResolution, "Removed");
  assert.equal((await admin.getPolicy("OpenEnclave")).body, before);
});

test("discovery and signing certificates", async () => {
  const metadata = await client(dev).getOpenIdMetadata();
  assert.equal(metadata.issuer, dev.url);
  const signers = await client(dev).getAttestationSigners();
  assert.ok(signers.length > 0 && signers.every((signer) => signer.keyId && signer.certificates.length > 0));
});
