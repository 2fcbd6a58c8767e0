// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { JobParamsSchema, ProcessType } from "../gen/job/v1/job_pb.ts";
import type { NewJob } from "./job.ts";
import { requestDigest } from "./request-digest.ts";

function request(parts: Partial<NewJob> = {}, params: MessageInitShape<typeof JobParamsSchema> = {}): NewJob {
  return {
    requestId: "r",
    queue: "default",
    params: create(JobParamsSchema, { command: "make", ...params }),
    priority: 0,
    delayMs: 0,
    retryPolicy: undefined,
    submitter: "ada",
    ...parts,
  };
}

test("the digest is kept in stores, so it is the same in every release", () => {
  expect(requestDigest(request({}, { args: ["a"], environment: { B: "2", A: "1" } }))).toBe(
    "f04c7fb3f4a842ce54150ca359083139db34f0470119422d89007255b07b52fc",
  );
});

test("who asks, and under which id, is no content", () => {
  expect(requestDigest(request({ requestId: "other", submitter: "bob" }))).toBe(requestDigest(request()));
});

test("every other field is", () => {
  const others = [
    request({ queue: "other" }),
    request({ priority: 1 }),
    request({ delayMs: 1 }),
    request({ retryPolicy: { maxAttempts: 1, initialBackoffMs: 1, maxBackoffMs: 1 } }),
    request({ retryPolicy: { maxAttempts: 1, initialBackoffMs: 1, maxBackoffMs: 2 } }),
    request({ retryPolicy: { maxAttempts: 1, initialBackoffMs: 2, maxBackoffMs: 2 } }),
    request({ retryPolicy: { maxAttempts: 2, initialBackoffMs: 2, maxBackoffMs: 2 } }),
    request({}, { command: "make all" }),
    request({}, { args: ["ab"] }),
    request({}, { args: ["a", "b"] }),
    request({}, { environment: { A: "1" } }),
    request({}, { metadata: { A: "1" } }),
    request({}, { repository: "x" }),
    request({}, { commit: "x" }),
    request({}, { branch: "x" }),
    request({}, { owner: "x" }),
    request({}, { workingDirectory: "x" }),
    request({}, { timeoutSeconds: 1 }),
    request({}, { processType: ProcessType.PTY }),
    request({}, { gitClone: { enabled: true } }),
    request({}, { gitClone: { depth: 1 } }),
    request({}, { container: { image: "x" } }),
  ];
  const digests = [request(), ...others].map(requestDigest);
  expect(new Set(digests).size).toBe(digests.length);
});

test("the order of a map's entries is no content", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (environment) => {
      const reversed = Object.fromEntries(Object.entries(environment).toReversed());
      expect(requestDigest(request({}, { environment: reversed }))).toBe(
        requestDigest(request({}, { environment })),
      );
    }),
  );
});
