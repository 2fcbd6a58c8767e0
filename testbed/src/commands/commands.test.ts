// SPDX-License-Identifier: Apache-2.0
import { describe, test, vi } from "vitest";
import { packageNamed } from "../catalogue.ts";
import { choosePackages, isSuccess } from "./fetch.ts";
import { formatTable } from "./list.ts";
import { createProgress } from "./progress.ts";

describe("fetch", () => {
  test("takes all packages, those of a command, or single ones once each", ({ expect }) => {
    expect(choosePackages([], undefined).length).toBeGreaterThan(choosePackages([], "check").length);
    expect(choosePackages(["initdb", "postgres", "rclone"], undefined).map(({ name }) => name)).toEqual([
      "postgres",
      "rclone",
    ]);
  });

  test("ends well when something is missing, unless everything is required, and never when something failed", ({
    expect,
  }) => {
    const moto = packageNamed("moto");
    const missing = [{ package: moto, outcome: { kind: "missing", reason: "needs Python" } }] as const;
    const failed = [{ package: moto, outcome: { kind: "failed", error: new Error("no") } }] as const;
    expect(isSuccess(missing, {})).toBe(true);
    expect(isSuccess(missing, { TESTBED_REQUIRE: "all" })).toBe(false);
    expect(isSuccess(failed, {})).toBe(false);
  });
});

test("the table has a head and aligned columns", ({ expect }) => {
  const rows = [
    { program: "a", version: "1.0", neededBy: "test", where: "/x" },
    { program: "longer", version: "1", neededBy: "system", where: "/y" },
  ];
  expect(formatTable(rows)).toBe(
    [
      "PROGRAM  VERSION  NEEDED BY  WHERE",
      "a        1.0      test       /x",
      "longer   1        system     /y",
      "",
    ].join("\n"),
  );
});

describe("progress", () => {
  test("writes plain lasting lines where there is no terminal", ({ expect }) => {
    let text = "";
    using progress = createProgress({ write: (part) => (text += part) });
    progress.observer.started?.("moto", "5.2.5");
    progress.observer.line?.("moto", "Collecting moto");
    progress.observer.finished?.("moto", "5.2.5", 1234);
    expect(text).toBe("  moto 5.2.5: fetching …\n  moto 5.2.5: fetched in 1.2 s\n");
  });

  test("shows on a terminal what a fetch is doing, in one line that fits", ({ expect }) => {
    using clock = fakeTimers();
    let text = "";
    const progress = createProgress({ isTTY: true, columns: 30, write: (part) => (text += part) });
    progress.observer.started?.("moto", "5.2.5");
    progress.observer.line?.("moto", `Collecting ${"x".repeat(100)}`);
    text = "";
    clock.advance(250);
    expect(text).toMatch(/^\r\u001B\[2Kmoto 0\.\d s: Collecting x+$/);
    expect(text.length).toBe("\r\u001B[2K".length + 29);
    progress[Symbol.dispose]();
    expect(text.endsWith("\r\u001B[2K")).toBe(true);
  });
});

function fakeTimers(): Disposable & { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  return {
    advance: (ms) => void vi.advanceTimersByTime(ms),
    [Symbol.dispose]: () => void vi.useRealTimers(),
  };
}
