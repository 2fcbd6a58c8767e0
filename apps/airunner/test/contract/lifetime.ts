// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import { type Behaves, expectRefusal } from "./behaves.ts";
import { newJob } from "./kit.ts";

export function lifetimeBehaviour(behaves: Behaves): void {
  behaves("a store that serves has nothing to report", async ({ store }) => {
    expect(await store.check()).toBeUndefined();
  });

  behaves("a store that is disposed answers waiting claims, and refuses what comes later", async (kit) => {
    const jobId = await kit.enqueue({ queue: "other" });
    const { claims, giveUp } = kit.startClaim();
    await kit.settle();
    await kit.store[Symbol.asyncDispose]();
    expect(await claims).toEqual([]);
    giveUp.abort();
    await kit.store[Symbol.asyncDispose]();
    await expectRefusal(kit.store.enqueue(newJob()), "store_unavailable");
    await expectRefusal(kit.store.get(jobId), "store_unavailable");
    await expectRefusal(kit.list(), "store_unavailable");
    expect(await kit.store.check()).toMatch(/\.$/);
  });
}
