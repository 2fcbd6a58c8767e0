// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prometheusName } from "@repo/telemetry";
import { test } from "vitest";
import { instruments } from "./instruments.ts";

test("the README's alerts ask for metrics that there are", async ({ expect }) => {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const names = new Set(Object.values(instruments).map((declaration) => prometheusName(declaration)));
  const asked = readme
    .split("\n")
    .filter((line) => line.trimStart().startsWith("expr:"))
    .flatMap((line) => line.match(/v1_sync_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(4);
  for (const name of asked) expect(names).toContain(name.replace(/_(?:bucket|sum|count)$/, ""));
});
