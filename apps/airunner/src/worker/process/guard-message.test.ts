// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { formatGuardMessage, type GuardMessage, parseGuardMessage } from "./guard-message.ts";

test.for([
  [{ kind: "watch", marker: "job.1" }, "watch job.1;\n"],
  [{ kind: "leader", marker: "job.1", pid: 4711 }, "leader job.1 4711;\n"],
  [{ kind: "limit", marker: "job.1", ms: 4500 }, "limit job.1 4500;\n"],
  [{ kind: "forget", marker: "job.1" }, "forget job.1;\n"],
  [{ kind: "leave" }, "leave;\n"],
] as const satisfies readonly (readonly [GuardMessage, string])[])(
  "%j is %j",
  ([message, line], { expect }) => {
    expect(formatGuardMessage(message)).toBe(line);
    expect(parseGuardMessage(line.trim())).toEqual(message);
    // Torn anywhere by the worker's death, it says nothing.
    for (let length = 0; length < line.trim().length; length += 1)
      expect(parseGuardMessage(line.slice(0, length))).toBeUndefined();
  },
);

test.for([
  "watch;",
  "leader job.1 0;",
  "leader job.1 -1;",
  "leader job.1;",
  "limit job.1;",
  "limit job.1 -1;",
  "kill job.1;",
])("%s says nothing", (line, { expect }) => {
  expect(parseGuardMessage(line)).toBeUndefined();
});
