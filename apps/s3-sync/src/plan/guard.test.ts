// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { guardPlan } from "./guard.ts";
import type { Plan } from "./plan.ts";

const limits = { maxDelete: 10, maxDeletePercent: undefined, allowsEmptySource: false };

function plan(surplus: number, common: number, copies = 0): Plan {
  return { copies, replacements: undefined, copyBytes: 0, surplus, common };
}

test.for<
  [
    what: string,
    plan: Plan,
    limits: Partial<typeof limits> | { readonly maxDeletePercent: number },
    failureClass: string | undefined,
  ]
>([
  ["nothing to delete", plan(0, 0), {}, undefined],
  ["as many as allowed", plan(10, 1), {}, undefined],
  ["one too many", plan(11, 1), {}, "guard"],
  ["none allowed, none surplus", plan(0, 1), { maxDelete: 0 }, undefined],
  ["none allowed, one surplus", plan(1, 1), { maxDelete: 0 }, "guard"],
  ["no limit", plan(1_000_000, 1), { maxDelete: -1 }, undefined],
  ["an empty source", plan(1, 0), {}, "empty_source"],
  ["an empty source without limit", plan(1, 0), { maxDelete: -1 }, "empty_source"],
  ["an empty source on purpose", plan(1, 0), { allowsEmptySource: true }, undefined],
  ["an empty source on purpose, above the limit", plan(11, 0), { allowsEmptySource: true }, "guard"],
  ["a source of new objects alone", plan(1, 0, 1), {}, undefined],
  ["exactly the share", plan(5, 5), { maxDeletePercent: 50 }, undefined],
  ["above the share", plan(6, 5), { maxDeletePercent: 54 }, "guard"],
  ["a share of nothing", plan(1, 99), { maxDeletePercent: 0 }, "guard"],
])("%s", ([, given, changed, failureClass], { expect }) => {
  const run = () => guardPlan(given, { ...limits, ...changed });
  if (failureClass === undefined) expect(run).not.toThrow();
  else expect(run).toThrow(expect.objectContaining({ failureClass, isRefusal: true }));
});
