// SPDX-License-Identifier: Apache-2.0
import { describe, test, vi } from "vitest";
import { createLogger } from "./create-logger.ts";
import { captureLogs } from "./testing.ts";

describe("createLogger", () => {
  test("writes one JSON object a line, with time, level, service, version and the app's fields", ({
    expect,
  }) => {
    vi.useFakeTimers({ now: new Date("2026-11-21T10:00:00.123Z") });
    const lines: string[] = [];
    const logger = createLogger({
      name: "s3-sync",
      version: "1.2.3",
      fields: { run_id: "r1" },
      destination: { write: (line) => lines.push(line) },
    });
    logger.info({ bucket: "b" }, "copied %d objects", 3);
    vi.useRealTimers();
    expect(lines).toEqual([
      '{"level":"info","time":"2026-11-21T10:00:00.123Z","service":"s3-sync","version":"1.2.3","run_id":"r1","bucket":"b","msg":"copied 3 objects"}\n',
    ]);
  });

  test.for([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("at level %s writes that level and what is more urgent", ([level, written], { expect }) => {
    const logs = captureLogs({ level });
    for (const each of ["debug", "info", "warn", "error"] as const) logs.logger[each]("a line");
    expect(logs.records.map((record) => record["level"])).toEqual(written);
  });

  test("is at level info unless told otherwise", ({ expect }) => {
    expect(createLogger({ name: "a", version: "1", destination: { write: () => {} } }).level).toBe("info");
  });

  test("adds the fields of the moment, asked once for each line that is written", ({ expect }) => {
    let span = 0;
    const context = vi.fn(() => (span === 0 ? undefined : { trace_id: `t${span}` }));
    const logs = captureLogs({ level: "info", context });
    logs.logger.info("before");
    span = 1;
    logs.logger.child({ job: "j" }).info({ trace_id: "own" }, "mine");
    logs.logger.info({ a: 1 }, "within");
    logs.logger.debug("unwritten");
    expect(logs.records.map((record) => record["trace_id"])).toEqual([undefined, "own", "t1"]);
    expect(context).toHaveBeenCalledTimes(3);
  });

  test("leaves the fields of the moment as they were", ({ expect }) => {
    const shared = Object.freeze({ trace_id: "t" });
    const logs = captureLogs({ context: () => shared });
    logs.logger.info({ first: 1 }, "one");
    logs.logger.info("two");
    expect(logs.records[0]).toMatchObject({ trace_id: "t", first: 1 });
    expect(logs.records[1]).not.toHaveProperty("first");
  });

  test("writes an error with its causes whether it is passed alone, as err or as error", ({ expect }) => {
    const logs = captureLogs();
    const error = new TypeError("outer", { cause: new RangeError("inner") });
    logs.logger.error(error);
    logs.logger.error({ err: error }, "said");
    logs.logger.error({ error }, "said");
    const shape = { type: "TypeError", message: "outer", cause: { type: "RangeError", message: "inner" } };
    expect(logs.records).toMatchObject([
      { msg: "outer", err: shape },
      { msg: "said", err: shape },
      { msg: "said", error: shape },
    ]);
  });

  test("does not fail on fields that JSON cannot hold", ({ expect }) => {
    const logs = captureLogs();
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    logs.logger.info({ loop, big: 2n ** 70n, nothing: undefined, fn: () => 1 }, "odd");
    expect(logs.records[0]).toMatchObject({ msg: "odd", loop: { self: "[Circular]" } });
  });
});

test("can be read by its fields though a secret is one of its words", ({ expect }) => {
  const logs = captureLogs({
    name: "s3-sync",
    version: "1.2.3",
    secrets: ["info", "s3-sync", "1.2.3", "level"],
  });
  logs.logger.info({ event: "info", note: "s3-sync at level info, 1.2.3" }, "told");
  expect(logs.records[0]).toMatchObject({
    level: "info",
    service: "s3-sync",
    version: "1.2.3",
    event: "info",
    note: "[redacted] at [redacted] [redacted], [redacted]",
  });
});

describe("captureLogs", () => {
  test("gives the text as written and its records", ({ expect }) => {
    const logs = captureLogs({ name: "n" });
    expect([logs.records, logs.text]).toEqual([[], ""]);
    logs.logger.debug({ a: 1 }, "x");
    expect(logs.text.endsWith('"a":1,"msg":"x"}\n')).toBe(true);
    expect(logs.records).toMatchObject([{ service: "n", a: 1, msg: "x", level: "debug" }]);
  });
});
