// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createHttpClient } from "./http-client.ts";

test.for([
  ["no URL", { origin: "example.com" }, /origin/],
  ["another scheme", { origin: "ftp://example.com" }, /http:\/\/ or https:\/\//],
  ["credentials in it", { origin: "https://user:hush@example.com" }, /credentials/],
  ["a path", { origin: "https://example.com/api" }, /paths belong to the requests/],
  ["a query", { origin: "https://example.com/?token=hush" }, /paths belong to the requests/],
  ["no time at all", { origin: "https://example.com", timeoutMs: 0 }, /timeoutMs/],
  ["no bytes at all", { origin: "https://example.com", maxResponseBytes: Number.NaN }, /maxResponseBytes/],
  ["a bad policy", { origin: "https://example.com", policy: { maxAttempts: 0 } }, /maxAttempts/],
  ["a certificate that is none", { origin: "https://example.com", caPem: "hush" }, /PEM/],
] as const)("refuses an origin or option with %s", ([, options, message], { expect }) => {
  expect(() => createHttpClient(options)).toThrow(TypeError);
  expect(() => createHttpClient(options)).toThrow(message);
  expect(() => createHttpClient(options)).not.toThrow(/hush/);
});

test("refuses a request it cannot send, before anything is sent", async ({ expect }) => {
  await using client = createHttpClient({ origin: "http://127.0.0.1:9" });
  const send = (request: object) => client.request({ method: "GET", path: "/", ...request });
  await expect(send({ path: "no-slash" })).rejects.toThrow(TypeError);
  await expect(send({ timeoutMs: -1 })).rejects.toThrow(/timeoutMs/);
  await expect(send({ maxResponseBytes: 0 })).rejects.toThrow(/maxResponseBytes/);
  await expect(send({ policy: { maxAttempts: 0 } })).rejects.toThrow(/maxAttempts/);
  await expect(send({ headers: { "bad name": "x" } })).rejects.toThrow(TypeError);
  await expect(send({ method: "BAD METHOD" })).rejects.toThrow(TypeError);
  await expect(send({ path: "/with space" })).rejects.toThrow(TypeError);
});
