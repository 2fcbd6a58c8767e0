// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import { handleStandardFlags } from "./standard-flags.ts";

const options = {
  name: "s3-sync",
  version: "1.2.3",
  help: "s3-sync mirrors a bucket.",
  others: ["--healthcheck"],
};

let exitCode: typeof process.exitCode;
beforeEach(() => {
  exitCode = process.exitCode;
});
afterEach(() => {
  process.exitCode = exitCode;
});

/** What a call does: whether it was handled, what it wrote and its exit code. */
function call(argv: readonly string[]) {
  using out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  using err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  process.exitCode = undefined;
  const isHandled = handleStandardFlags(argv, options);
  return {
    isHandled,
    out: out.mock.calls.join(""),
    err: err.mock.calls.join(""),
    exitCode: process.exitCode,
  };
}

describe("handleStandardFlags", () => {
  test.for([[[]], [["--healthcheck"]]])("leaves %j to the program", ([argv = []], { expect }) => {
    expect(call(argv)).toEqual({ isHandled: false, out: "", err: "", exitCode: undefined });
  });

  test.for([
    ["--help", "s3-sync mirrors a bucket.\n"],
    ["-h", "s3-sync mirrors a bucket.\n"],
    ["--version", "s3-sync 1.2.3\n"],
    ["-V", "s3-sync 1.2.3\n"],
  ] as const)("answers %s", ([flag, out], { expect }) => {
    expect(call([flag])).toEqual({ isHandled: true, out, err: "", exitCode: undefined });
    expect(call(["--healthcheck", flag]).out).toBe(out);
  });

  test.for([
    [["--dry-run"], "s3-sync does not know the flag --dry-run; run s3-sync --help.\n"],
    [["--healthcheck", "-x"], "s3-sync does not know the flag -x; run s3-sync --help.\n"],
    [["--secret-key=hunter2"], "s3-sync does not know the flag --secret-key; run s3-sync --help.\n"],
    [["hunter2"], "s3-sync does not know the argument; run s3-sync --help.\n"],
  ] as const)("refuses %j", ([argv, err], { expect }) => {
    expect(call(argv)).toEqual({ isHandled: true, out: "", err, exitCode: 2 });
  });
});
