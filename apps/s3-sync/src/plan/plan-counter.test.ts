// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { PassLog } from "../rclone/pass-log.ts";
import { PlanCounter } from "./plan-counter.ts";
import { formatPlan } from "./plan-view.ts";
import { PrefixTable } from "./prefix-table.ts";

const debug = (object: string, msg: string) => ({ level: "debug", msg, object });
const copy = (object: string, size: number) => ({
  level: "notice",
  msg: `Skipped copy as --dry-run is set (size ${size})`,
  skipped: "copy",
  object,
  size,
});
const surplus = (object: string, size: number) => ({
  level: "notice",
  msg: "Skipped delete as --dry-run is set",
  skipped: "delete",
  object,
  size,
});
const stats = (checks: number) => ({ level: "info", msg: "", stats: { checks } });

function count(
  lines: readonly object[],
  options: { readonly table?: PrefixTable; readonly counted?: ReadonlySet<string> } = {},
) {
  const names: string[] = [];
  const counter = new PlanCounter({ onSurplus: (name) => names.push(name), ...options });
  const log = new PassLog(counter.take);
  for (const line of lines) log.push(JSON.stringify(line));
  log.end();
  return { plan: counter.toPlan(log), names };
}

test("tells new from replaced by the lines of both versions", ({ expect }) => {
  const lines = [
    debug("new", "Need to transfer - File not found at Destination"),
    copy("new", 1),
    debug("size60", "Sizes differ (src 2 vs dst 1)"),
    copy("size60", 2),
    debug("size75", "Sizes differ"),
    copy("size75", 3),
    debug("time", "Modification times differ by -1h: a, b"),
    debug("time", "md5 = 1 OK"),
    debug("time", "Unchanged skipping"),
    debug("content", "md5 differ"),
    copy("content", 4),
    surplus("gone", 9),
    stats(6),
  ];
  const table = new PrefixTable();
  const { plan, names } = count(lines, { table });
  expect(plan).toEqual({ copies: 4, replacements: 3, copyBytes: 10, surplus: 1, common: 5 });
  expect(names).toEqual(["gone"]);
  expect(table.total).toEqual({
    copied: { objects: 1, bytes: 1 },
    replaced: { objects: 3, bytes: 9 },
    deleted: { objects: 1, bytes: 9 },
  });
});

test("does not count what an earlier part has counted", ({ expect }) => {
  expect(count([copy("a", 1), copy("b", 2)], { counted: new Set(["a"]) }).plan).toMatchObject({
    copies: 1,
    copyBytes: 2,
  });
});

test("shows the plan by prefix, most changes first, names made harmless", ({ expect }) => {
  const table = new PrefixTable();
  for (let index = 0; index < 3; index += 1) table.add("copied", `photos/${index}`, 1024);
  table.add("replaced", "photos/x", 512);
  table.add("deleted", "\u001b[31mred/x", 0);
  table.add("copied", "top", 5);
  expect(formatPlan(table)).toBe(
    [
      "Prefix                  New   Replaced  Deleted",
      "photos/         3 (3.0 KiB)  1 (512 B)        –",
      "(no folder)         1 (5 B)          –        –",
      "\\u001b[31mred/            –          –  1 (0 B)",
      "Total           4 (3.0 KiB)  1 (512 B)  1 (0 B)",
      "",
    ].join("\n"),
  );
});

test("says so when there is nothing to do", ({ expect }) => {
  expect(formatPlan(new PrefixTable())).toContain("nothing to do");
});

test("sums what is beyond the rows that fit", ({ expect }) => {
  const table = new PrefixTable();
  for (let index = 0; index < 40; index += 1) table.add("copied", `p${index}/x`, 1);
  const text = formatPlan(table);
  expect(text.split("\n")).toHaveLength(1 + 25 + 1 + 1 + 1);
  expect(text).toContain("(15 more)");
});
