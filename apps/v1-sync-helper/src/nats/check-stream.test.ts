// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { streamPlans } from "./bucket-plans.ts";
import { checkStream, foundConfig } from "./check-stream.ts";

const plans = streamPlans({ objectsMaxBytes: 1, mappingsMaxBytes: 1, userMaxAgeMs: 1, canCreate: true });

test("finds nothing to say of what it makes itself", ({ expect }) => {
  for (const plan of plans) {
    const made = { ...plan.config, allow_direct: true, allow_rollup_hdrs: true, retention: "limits" };
    expect(checkStream(plan, foundConfig({ config: made }))).toEqual({ problems: [], warnings: [] });
  }
});

test.for([
  [">", true],
  ["$KV.>", true],
  ["$KV.v1-objects.>", true],
  ["$KV.*.>", true],
  ["$KV.v1-objects.*", false],
  ["$KV.v1-objects", false],
  ["$KV.v1-objects.a.>", false],
  ["$KV.v1-mappings.>", false],
] as const)("knows whether a stream of %s takes all keys: %s", ([subject, isEnough], { expect }) => {
  const [plan] = plans;
  const found = foundConfig({ config: { ...plan?.config, subjects: ["else", subject] } });
  expect(plan && checkStream(plan, found).problems.length === 0).toBe(isEnough);
});

test("does not use what is sealed", ({ expect }) => {
  const [plan] = plans;
  const found = foundConfig({ config: { ...plan?.config, sealed: true, retention: "workqueue" } });
  expect(plan && checkStream(plan, found).problems).toEqual([
    expect.stringMatching(/sealed/),
    expect.stringMatching(/retention is workqueue/),
  ]);
});
