// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { payloadWarnings, tooOldServer } from "./server-facts.ts";

test.for(["2.9.25", "1.99.0", "v2.0.0-beta", "2.1.10"])(
  "finds nats-server %s too old",
  (version, { expect }) => {
    expect(tooOldServer(version)).toBe(`The nats-server has version ${version}; at least 2.10 is needed.`);
  },
);

test.for(["2.10.0", "2.10.0-RC.1", "2.15.1", "3.0.0", "v2.11.4", "dev", "", undefined])(
  "takes nats-server %s",
  (version, { expect }) => {
    expect(tooOldServer(version)).toBeUndefined();
  },
);

test("warns of a limit below the largest value only", ({ expect }) => {
  expect(payloadWarnings(10_485_759)).toEqual([expect.stringContaining("max_payload of 10485759 bytes")]);
  expect(payloadWarnings(10_485_760)).toEqual([]);
  expect(payloadWarnings(undefined)).toEqual([]);
});
