// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { publicPemOf, signerOf } from "../../test/support/keys.ts";
import { createVerifier } from "../verify/verifier.ts";
import { clientAssertion, jwtBearerGrant } from "./grants.ts";

const clock = new FakeClock();
const tokenEndpoint = new URL("https://platform.example/oauth/token");

function claimsOf(token: string | undefined, algorithm: "ES256" | "RS256") {
  return createVerifier({ keys: [publicPemOf(algorithm)], algorithms: [algorithm], clock }).verify(
    token ?? "",
  );
}

test("client credentials with a client assertion, as Auth0 wants them", async ({ expect }) => {
  const grant = clientAssertion({
    tokenEndpoint,
    clientId: "client-1",
    signer: signerOf("RS256"),
    assertionAudience: ["https://tenant.auth0.com/"],
    audience: "https://api-gw.example/",
    scope: "read:users",
  });
  const { client_assertion, ...form } = await grant.parameters(clock);
  expect(form).toEqual({
    grant_type: "client_credentials",
    client_id: "client-1",
    audience: "https://api-gw.example/",
    scope: "read:users",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  });
  const { claims } = await claimsOf(client_assertion, "RS256");
  expect(claims).toEqual({
    iss: "client-1",
    sub: "client-1",
    aud: ["https://tenant.auth0.com/"],
    iat: 1_790_000_000,
    exp: 1_790_000_120,
    jti: expect.any(String),
  });
});

test("the JWT bearer grant sends grant_type and assertion, nothing else", async ({ expect }) => {
  const grant = jwtBearerGrant({
    tokenEndpoint,
    issuer: "agent-7",
    signer: signerOf("ES256"),
    audience: ["https://platform.example"],
  });
  const form = await grant.parameters(clock);
  expect(Object.keys(form)).toEqual(["grant_type", "assertion"]);
  expect(form["grant_type"]).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  const { claims, header } = await claimsOf(form["assertion"], "ES256");
  expect(header).toEqual({ alg: "ES256" });
  expect(claims).toEqual({
    iss: "agent-7",
    sub: "agent-7",
    aud: ["https://platform.example"],
    iat: 1_790_000_000,
    exp: 1_790_000_300,
    jti: expect.any(String),
  });
});

test("each request gets an assertion of its own", async ({ expect }) => {
  const grant = jwtBearerGrant({ tokenEndpoint, issuer: "i", signer: signerOf("ES256"), audience: "a" });
  const forms = await Promise.all([grant.parameters(clock), grant.parameters(clock)]);
  const ids = await Promise.all(
    forms.map(async (form) => (await claimsOf(form["assertion"], "ES256")).claims.jti),
  );
  expect(new Set(ids).size).toBe(2);
});

test("options are checked at once", ({ expect }) => {
  const common = { tokenEndpoint, signer: signerOf("ES256") };
  expect(() => clientAssertion({ ...common, clientId: " ", assertionAudience: "a" })).toThrow(
    /clientId must not be/,
  );
  expect(() => jwtBearerGrant({ ...common, issuer: "", audience: "a" })).toThrow(/issuer must not be empty/);
  const assertionLifetimeSeconds = 0;
  expect(() => jwtBearerGrant({ ...common, issuer: "i", audience: "a", assertionLifetimeSeconds })).toThrow(
    /assertionLifetimeSeconds must be a number from 1/,
  );
});
