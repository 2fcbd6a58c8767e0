// SPDX-License-Identifier: Apache-2.0
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { openPrettyDestination, type PrettyOptions } from "./pretty.ts";

function written(options: PrettyOptions): string {
  const folder = mkdtempSync(join(tmpdir(), "pretty-"));
  const path = join(folder, "out");
  const descriptor = openSync(path, "w");
  try {
    const destination = openPrettyDestination({ ...options, descriptor });
    const logger = createLogger({ name: "cli", version: "1", secrets: ["s3cret!"], destination });
    logger.warn({ bucket: "b", err: new Error("no s3cret!", { cause: new Error("deep") }) }, "watch out");
    return readFileSync(path, "utf8");
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
}

describe("openPrettyDestination", () => {
  test("writes lines for people on a terminal, without secrets", ({ expect }) => {
    const text = written({ isTerminal: true, hasColors: false });
    expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: watch out\n/);
    expect(text).toContain('bucket: "b"');
    expect(text).toContain("no [redacted]");
    expect(text).toContain("deep");
    expect(text).not.toContain("\u001b[");
  });

  test("uses colours where there are some", ({ expect }) => {
    expect(written({ isTerminal: true, hasColors: true })).toContain("\u001b[");
  });

  test("writes JSON lines anywhere else", ({ expect }) => {
    expect(JSON.parse(written({}))).toMatchObject({ service: "cli", bucket: "b", msg: "watch out" });
  });
});
