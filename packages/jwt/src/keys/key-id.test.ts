// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { newEcKey, newRsaKey, rsaKey, signerOf } from "../../test/support/keys.ts";
import { responseOf } from "../../test/support/scripted-transport.ts";
import rfc from "../../test/vectors/rfc.json" with { type: "json" };
import { JwtError } from "../errors.ts";
import { createSigner } from "../sign/signer.ts";
import type { TransportRequest } from "../transport.ts";
import { findKeyId, keyThumbprint } from "./key-id.ts";

const jwksUrl = new URL("http://heimdall.example:4457/.well-known/jwks?secret=1");
const signer = signerOf("PS256");
const strangers = [newRsaKey(), newEcKey()].map(({ publicKey }, index) =>
  Object.assign(publicKey.export({ format: "jwk" }), { kid: `stranger-${index}` }),
);
const ours = { ...rsaKey.publicKey.export({ format: "jwk" }), use: "sig", alg: "PS256", kid: "ours" };

function find(body: unknown, status = 200, headers: Record<string, string> = {}): Promise<string> {
  return findKeyId({ signer, jwksUrl, transport: async () => responseOf(status, body, headers) });
}

test("the thumbprint is that of RFC 7638 section 3.1", async ({ expect }) => {
  expect(await keyThumbprint(rfc.rfc7638.key)).toBe(rfc.rfc7638.thumbprint);
});

test("finds our key wherever it stands, not the first one", async ({ expect }) => {
  expect(await find({ keys: [...strangers, ours] })).toBe("ours");
});

test("asks for the URL once, as JSON", async ({ expect }) => {
  const requests: TransportRequest[] = [];
  const transport = async (request: TransportRequest) => {
    requests.push(request);
    return responseOf(200, { keys: [ours] });
  };
  await findKeyId({ signer, jwksUrl, transport });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: "GET", url: jwksUrl });
  expect(requests[0]?.headers["accept"]).toContain("application/json");
});

test("passes by entries of unknown kinds", async ({ expect }) => {
  expect(await find({ keys: [{ kty: "FUTURE", kid: "x" }, { kty: "oct", k: "AAAA", kid: "y" }, ours] })).toBe(
    "ours",
  );
});

test("of two entries with our key takes the one for our algorithm", async ({ expect }) => {
  const keys = [
    { ...ours, alg: "RS256", kid: "a" },
    { ...ours, use: "enc", kid: "b" },
    { ...ours, kid: "c" },
  ];
  expect(await find({ keys })).toBe("c");
});

test("works for EC keys", async ({ expect }) => {
  const key = newEcKey();
  const ecSigner = createSigner({ algorithm: "ES256", privateKey: key.privatePem });
  const keys = [...strangers, { ...key.publicKey.export({ format: "jwk" }), kid: "ec" }];
  const transport = async () => responseOf(200, { keys });
  expect(await findKeyId({ signer: ecSigner, jwksUrl, transport })).toBe("ec");
});

test.for<[string, unknown, number, string, RegExp]>([
  [
    "a set without our key",
    { keys: strangers },
    200,
    "key_not_in_set",
    /does not hold our public key .* 2 keys/,
  ],
  ["an empty set", { keys: [] }, 200, "key_not_in_set", /among its 0 keys/],
  [
    "our key without a kid",
    { keys: [{ ...ours, kid: undefined }] },
    200,
    "key_not_in_set",
    /not with a "kid"/,
  ],
  ["our key with an empty kid", { keys: [{ ...ours, kid: "" }] }, 200, "key_not_in_set", /not with a "kid"/],
  ["a 503", "down", 503, "jwks_unavailable", /the answer was 503\.$/],
  ["no JSON", "<html>secret</html>", 200, "jwks_unavailable", /is not JSON\.$/],
  ["no key set", { error: "x" }, 200, "jwks_unavailable", /not a JSON object with an array "keys"/],
  [
    "keys that are no objects",
    { keys: ["x"] },
    200,
    "jwks_unavailable",
    /not a JSON object with an array "keys"/,
  ],
  [
    "too many keys",
    { keys: Array.from({ length: 101 }, () => ours) },
    200,
    "jwks_unavailable",
    /101 keys; at most 100/,
  ],
])("says what is wrong with %s", async ([, body, status, code, message], { expect }) => {
  const error = await find(body, status).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(JwtError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(error).toMatchObject({
    message: expect.stringContaining("http://heimdall.example:4457/.well-known/jwks"),
  });
  expect(error).toMatchObject({ message: expect.not.stringContaining("secret") });
});

test("does not follow a redirect, and says so", async ({ expect }) => {
  await expect(find("", 302, { location: "http://evil.example" })).rejects.toThrow(
    /302; redirects are not followed/,
  );
});

test("gives the cause when there is no answer, and obeys the signal", async ({ expect }) => {
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const failing = findKeyId({ signer, jwksUrl, transport: () => Promise.reject(cause) });
  await expect(failing).rejects.toMatchObject({
    code: "jwks_unavailable",
    message: expect.stringMatching(/ECONNREFUSED/),
    cause,
  });
  const controller = new AbortController();
  const hanging = findKeyId({
    signer,
    jwksUrl,
    transport: () => new Promise(() => undefined),
    signal: controller.signal,
  });
  controller.abort(new Error("stop"));
  await expect(hanging).rejects.toMatchObject({ code: "aborted" });
});
