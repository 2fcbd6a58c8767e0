// SPDX-License-Identifier: Apache-2.0

import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import fc from "fast-check";
import { play } from "./guard/campaign.ts";
import { scenarios } from "./guard/scenario.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

// `pnpm chaos s3-sync` plays the same scenarios for minutes.
test("the destination never loses an object that the rules do not allow to be lost", {
  timeout: 600_000,
}, async ({ newest, oldest, expect }) => {
  await using directory = await testDirectory();
  const campaign = { rclone: { newest, "1.60.1": oldest }, directory: directory.path };
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const played = await play(scenario, campaign);
      expect(played.violations).toEqual([]);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
