// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTaskTokens } from "./task-token.ts";

const current = "current-secret-of-32-bytes-or-more";
const older = "older-secret-of-32-bytes-and-more!";
const lease = {
  jobId: "01890a5d-ac96-774b-bcce-b302099a8057",
  queue: "default",
  attempt: 7,
  handle: "a.b/c+d==",
};

/** A token with a right signature over whatever is said. */
function forge(payload: string, secret = current): string {
  const signature = createHmac("sha256", secret).update(payload).digest("hex");
  return Buffer.from(`${payload}|${signature}`).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

function keyIdOf(secret: string): string {
  const [token] = [createTaskTokens({ secrets: [secret] }).issue(lease)];
  return Buffer.from(token, "base64url").toString().split("|")[3]?.split(".")[0] ?? "";
}

test("a token is laid out as those of the Go program, with key id, attempt and handle as its receipt", () => {
  const token = createTaskTokens({ secrets: [current] }).issue(lease);
  expect(token).toMatch(/^[\w-]+={0,2}$/);
  expect(token.length % 4).toBe(0);
  const [version, jobId, queue, receipt, signature] = Buffer.from(token, "base64url").toString().split("|");
  expect([version, jobId, queue]).toEqual(["v1", lease.jobId, "default"]);
  expect(receipt).toMatch(/^[0-9a-f]{8}\.7\.a\.b\/c\+d==$/);
  expect(signature).toBe(
    createHmac("sha256", current).update(`v1|${jobId}|${queue}|${receipt}`).digest("hex"),
  );
});

test("what is issued is read back, by any server with the secret", () => {
  const part = fc
    .string({ minLength: 1, maxLength: 50, unit: "grapheme" })
    .filter((text) => !text.includes("|"));
  fc.assert(
    fc.property(
      part,
      part,
      fc.integer({ min: 1, max: 999_999_999 }),
      part,
      (jobId, queue, attempt, handle) => {
        const issued = { jobId, queue, attempt, handle };
        const token = createTaskTokens({ secrets: [current] }).issue(issued);
        expect(createTaskTokens({ secrets: [current, older] }).read(token)).toEqual(issued);
      },
    ),
  );
});

test("a secret is rotated: new tokens by the new one, old ones still good until it goes", () => {
  const old = createTaskTokens({ secrets: [older] }).issue(lease);
  const both = createTaskTokens({ secrets: [current, older] });
  expect(both.read(old)).toEqual(lease);
  expect(createTaskTokens({ secrets: [current] }).read(both.issue(lease))).toEqual(lease);
  expect(() => createTaskTokens({ secrets: [current] }).read(old)).toThrow(
    expect.objectContaining({ code: "invalid_task_token" }),
  );
});

test("a token with any character changed, added or left out is refused", () => {
  const tokens = createTaskTokens({ secrets: [current] });
  const token = tokens.issue(lease);
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === "A" ? "B" : "A";
    for (const changed of [
      token.slice(0, index) + other + token.slice(index + 1),
      token.slice(0, index) + token.slice(index + 1),
      token.slice(0, index) + other + token.slice(index),
    ]) {
      expect(() => tokens.read(changed)).toThrow(expect.objectContaining({ code: "invalid_task_token" }));
    }
  }
});

test("no text whatever makes reading fail in another way", () => {
  const tokens = createTaskTokens({ secrets: [current] });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String(),
        fc.string().map((text) => forge(text)),
      ),
      (text) => {
        expect(() => tokens.read(text)).toThrow(expect.objectContaining({ code: "invalid_task_token" }));
      },
    ),
  );
});

const keyId = keyIdOf(current);

test.for([
  ["empty", ""],
  ["too long", "A".repeat(8_000)],
  ["of another version", forge(`v2|j|q|${keyId}.1.h`)],
  ["with a part too few", forge(`v1|j|${keyId}.1.h`)],
  ["with a part too many", forge(`v1|j|q|x|${keyId}.1.h`)],
  ["with an empty part", forge(`v1||q|${keyId}.1.h`)],
  ["of the Go program, which has no attempt", forge("v1|j|q|receipt")],
  ["with attempt 0", forge(`v1|j|q|${keyId}.0.h`)],
  ["with an attempt that is no number", forge(`v1|j|q|${keyId}.1e3.h`)],
  ["without a handle", forge(`v1|j|q|${keyId}.1.`)],
  ["of an unknown key", forge("v1|j|q|00000000.1.h")],
  ["that says our key and is signed by another", forge(`v1|j|q|${keyId}.1.h`, older)],
  [
    "without padding",
    createTaskTokens({ secrets: [current] })
      .issue({ ...lease, handle: "abc" })
      .replaceAll("=", ""),
  ],
] as const)("a token %s is refused, and not repeated", ([, token]) => {
  const tokens = createTaskTokens({ secrets: [current] });
  expect(() => tokens.read(token)).toThrow(
    /^The task token is none of this server's: send the one that came with/,
  );
});

test("what a token cannot carry is a mistake of ours", () => {
  const tokens = createTaskTokens({ secrets: [current] });
  expect(() => tokens.issue({ ...lease, queue: "a|b" })).toThrow(TypeError);
});

test("secrets that are missing, short or doubled are refused, without being shown", () => {
  expect(() => createTaskTokens({ secrets: [] })).toThrow(/^There is no task token secret/);
  expect(() => createTaskTokens({ secrets: [current, "short"] })).toThrow(
    /^(?!.*"short").*shorter than 32 bytes/,
  );
  expect(() => createTaskTokens({ secrets: [current, current] })).toThrow(/given twice/);
});
