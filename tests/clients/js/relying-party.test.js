// Relying parties that know OpenID discovery and JSON Web Tokens, and nothing of Azure: openid-client and jose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import * as openid from "openid-client";
import { dev, emulated } from "./instances.js";

const attest = async () => {
  const response = await fetch(`${dev.url}/attest/SgxEnclave?api-version=2020-10-01`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ quote: emulated("sgx-json.bin").toString("base64url"), nonce: "jose" }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()).token;
};

const discovered = async () => (await openid.discovery(new URL(dev.url), "relying-party")).serverMetadata();

test("openid-client discovers the issuer and jose validates its token", async () => {
  const metadata = await discovered();
  assert.equal(metadata.issuer, dev.url);
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const { payload, protectedHeader } = await jwtVerify(await attest(), keys, {
    issuer: metadata.issuer,
    algorithms: metadata.id_token_signing_alg_values_supported,
    requiredClaims: ["exp", "iat", "nbf", "jti"],
  });
  assert.equal(protectedHeader.alg, "RS256");
  assert.equal(payload["x-ms-attestation-type"], "sgx");
  assert.equal(payload.nonce, "jose");
});

test("jose refuses a changed token", async () => {
  const metadata = await discovered();
  const [head, body, signature] = (await attest()).split(".");
  const claims = { ...JSON.parse(Buffer.from(body, "base64url")), "x-ms-sgx-is-debuggable": true };
  const forged = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  await assert.rejects(jwtVerify(forged, keys, { issuer: metadata.issuer }), errors.JWSSignatureVerificationFailed);
});

test("jose refuses a token for another issuer", async () => {
  const metadata = await discovered();
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const refused = jwtVerify(await attest(), keys, { issuer: "https://other.example" });
  await assert.rejects(refused, errors.JWTClaimValidationFailed);
});
