// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { classifyFailure, classifyStatus } from "./failure-kind.ts";
import { HttpError } from "./http-error.ts";

test.for([
  [429, "throttled"],
  [408, "transient"],
  [425, "transient"],
  [500, "transient"],
  [502, "transient"],
  [503, "transient"],
  [504, "transient"],
  [599, "transient"],
  [501, "permanent"],
  [505, "permanent"],
  [301, "permanent"],
  [400, "permanent"],
  [401, "permanent"],
  [404, "permanent"],
  [412, "permanent"],
] as const)("takes status %d for %s", ([status, kind], { expect }) => {
  expect(classifyStatus(status)).toBe(kind);
});

const withCode = (code: string, cause?: unknown) => Object.assign(new Error("failed", { cause }), { code });

test.for([
  ["a reset connection", withCode("ECONNRESET"), "transient"],
  ["a closed connection of undici", withCode("UND_ERR_SOCKET"), "transient"],
  ["a certificate that has expired", withCode("CERT_HAS_EXPIRED"), "permanent"],
  ["a mistake of ours", new RangeError("no"), "permanent"],
  ["a thrown string", "no", "permanent"],
  ["nothing", undefined, "permanent"],
  ["a code below two others", withCode("E_APP", withCode("E_LIB", withCode("EPIPE"))), "transient"],
  ["a status of another library", { statusCode: 503 }, "transient"],
  ["a status that is not one of HTTP", { status: 1 }, "permanent"],
  ["the outer one of two verdicts", Object.assign(withCode("EPIPE"), { status: 404 }), "permanent"],
  ["several addresses that were all refused", new AggregateError([withCode("ECONNREFUSED")]), "transient"],
] as const)("takes %s for what it is", ([, failure, kind], { expect }) => {
  expect(classifyFailure(failure)).toBe(kind);
});

test("follows an HttpError's own verdict through a wrapper", ({ expect }) => {
  const details = { code: "budget_exhausted", kind: "throttled", attempts: 1, wasSent: true } as const;
  const cause = new HttpError("busy", details);
  expect(classifyFailure(new Error("could not list", { cause }))).toBe("throttled");
});

test("gives up on a chain of causes that is too long or a ring", ({ expect }) => {
  let deep: unknown = withCode("ECONNRESET");
  for (let depth = 0; depth < 8; depth++) deep = new Error("wrapped", { cause: deep });
  expect(classifyFailure(deep)).toBe("permanent");
  const ring: { cause?: unknown } = {};
  ring.cause = ring;
  expect(classifyFailure(ring)).toBe("permanent");
});
