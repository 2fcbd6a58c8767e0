// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import fc from "fast-check";
import { test } from "vitest";
import type { Summary } from "./summary.ts";
import {
  MAX_TERMINATION_BYTES,
  toTerminationMessage,
  writeTerminationMessage,
} from "./termination-message.ts";

const summary: Summary = {
  event: "summary",
  status: "failed",
  exit_code: 5,
  failure_class: "temporary",
  reason: "r",
  proof: "p",
  source: { endpoint: "a", bucket: "b", prefix: "" },
  destination: { endpoint: "a", bucket: "c", prefix: "" },
  compare: "modtime",
  objects_checked: 0,
  objects_copied: 0,
  objects_deleted: 0,
  objects_failed: 0,
  bytes_copied: 0,
  server_side_copies: 0,
  duration_seconds: 1,
  throughput_bytes_per_second: 0,
  attempts: 1,
  top_errors: [],
  warnings: [],
  tool_version: "1",
  run_id: "r",
};

test("is the whole summary when that fits", ({ expect }) => {
  expect(JSON.parse(toTerminationMessage(summary))).toEqual(summary);
});

test("is JSON of at most 4,096 bytes whatever the texts are", ({ expect }) => {
  const text = fc.string({ unit: "grapheme", maxLength: 3000 });
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 20 }), text, (reason, warnings, prefix) => {
      const side = { endpoint: "a", bucket: "b", prefix };
      const message = toTerminationMessage({
        ...summary,
        reason,
        warnings,
        source: side,
        top_errors: warnings.map((sample) => ({ code: "c", count: 1, sample })),
      });
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_TERMINATION_BYTES);
      expect(JSON.parse(message)).toMatchObject({ status: "failed", exit_code: 5, run_id: "r" });
    }),
  );
});

test("replaces what stands in the file, and does not create one", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "log");
  expect(await writeTerminationMessage(path, summary)).toBe(false);
  await writeFile(path, "x".repeat(10_000));
  expect(await writeTerminationMessage(path, summary)).toBe(true);
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(summary);
});
