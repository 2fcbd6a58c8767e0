// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { enableLevelSignal, isLogLevel } from "./levels.ts";
import { captureLogs } from "./testing.ts";

describe("enableLevelSignal", () => {
  test("switches to debug and back, for children made before and after too", ({ expect }) => {
    const logs = captureLogs({ level: "warn" });
    const early = logs.logger.child({ early: true });
    using _signal = enableLevelSignal(logs.logger);
    process.emit("SIGUSR2", "SIGUSR2");
    early.debug("one");
    logs.logger.child({ late: true }).debug("two");
    process.emit("SIGUSR2", "SIGUSR2");
    early.info("three");
    logs.logger.info("four");
    expect(logs.logger.level).toBe("warn");
    expect(logs.records.map((record) => record["msg"])).toEqual([
      "log level changed",
      "one",
      "two",
      "log level changed",
    ]);
    expect(logs.records[0]).toMatchObject({ previous_level: "warn", current_level: "debug" });
  });

  test("switches as often as it is told", ({ expect }) => {
    const logs = captureLogs({ level: "error" });
    using _signal = enableLevelSignal(logs.logger);
    const levels = Array.from({ length: 4 }, () => {
      process.emit("SIGUSR2", "SIGUSR2");
      return logs.logger.level;
    });
    expect(levels).toEqual(["debug", "error", "debug", "error"]);
  });

  test("leaves a child alone that was given a level", ({ expect }) => {
    const logs = captureLogs({ level: "info" });
    const quiet = logs.logger.child({}, { level: "error" });
    using _signal = enableLevelSignal(logs.logger);
    process.emit("SIGUSR2", "SIGUSR2");
    quiet.warn("unwritten");
    expect(logs.records).toHaveLength(1);
  });

  test("stops listening when disposed", ({ expect }) => {
    const logs = captureLogs({ level: "info" });
    const before = process.listenerCount("SIGUSR2");
    const signal = enableLevelSignal(logs.logger);
    expect(process.listenerCount("SIGUSR2")).toBe(before + 1);
    signal[Symbol.dispose]();
    expect(process.listenerCount("SIGUSR2")).toBe(before);
  });
});

test("isLogLevel knows the four levels only", ({ expect }) => {
  expect(["debug", "info", "warn", "error", "trace", "INFO", ""].filter(isLogLevel)).toEqual([
    "debug",
    "info",
    "warn",
    "error",
  ]);
});
