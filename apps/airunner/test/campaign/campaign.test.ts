// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { runCampaign } from "./campaign.ts";

// The campaign of `pnpm chaos airunner`, a short one: see test/campaign/campaign.ts for what it checks.

test("kills, freezes and cuts of workers, publishers and readers break no promise", {
  timeout: 240_000,
}, async ({ expect }) => {
  const report = await runCampaign({
    seed: 7,
    faults: 30,
    meanGapMs: 400,
    concurrency: [2, 2, 1],
    leaseSeconds: 4,
    openJobs: 6,
  });
  expect(report.violations).toEqual([]);
  // And it was a campaign: faults struck, attempts were lost and won, old tokens were tried.
  expect([...report.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
  expect(report.attempts.get("lost")).toBeGreaterThan(0);
  expect(report.attempts.get("succeeded")).toBeGreaterThan(10);
  expect(report.refusedCalls).toBeGreaterThan(0);
  expect(report.resumes).toBeGreaterThan(0);
});
