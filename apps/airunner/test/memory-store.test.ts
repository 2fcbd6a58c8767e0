// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { JobState } from "../src/gen/job/v1/job_pb.ts";
import type { JobStore } from "../src/job/job-store.ts";
import { createMemoryStore } from "../src/stores/memory/memory-store.ts";
import { describeJobStore } from "./contract/job-store.ts";
import { createKit, output, outputOf } from "./contract/kit.ts";
import { runBeside, steps } from "./contract/naive-run.ts";
import type { StoreFactory } from "./contract/store-under-test.ts";

const memory: StoreFactory = {
  isOrdered: true,
  hasTimedRetention: true,
  async createStore({ clock, ...options }) {
    const store = createMemoryStore({ clock, ...options });
    return {
      store,
      advance: (ms) => clock.advance(ms),
      settle: () => setImmediate(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  },
};

describeJobStore("memory", memory);

test("whatever is done in whichever order, the memory store does as the rules say", async () => {
  let jobs = 0;
  const property = fc.asyncProperty(steps, async (sequence) => {
    jobs += await runBeside(memory, sequence);
  });
  await fc.assert(property, { numRuns: 300 });
  // Else the steps were such that nothing was tried.
  expect(jobs).toBeGreaterThan(1_000);
});

test("a claim that waits is answered in the tick in which a job comes", async () => {
  await using kit = await createKit(memory);
  const { claims } = kit.startClaim();
  let isAnswered = false;
  void claims.then(() => {
    isAnswered = true;
  });
  await kit.enqueue();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(isAnswered).toBe(true);
});

test("a queue that is made anew while a claim of the old one ends is kept", async () => {
  await using kit = await createKit(memory, { maxFinishedJobs: 0 });
  const { lease } = await kit.running();
  const { claims, giveUp } = kit.startClaim();
  await kit.settle();
  // All in one turn: the claim leaves, the last job is forgotten and the queue with it, and a new job comes.
  giveUp.abort();
  await Promise.all([kit.complete(lease), kit.enqueue(), claims]);
  expect(await kit.store.stats("default")).toMatchObject([{ scheduled: 1, completed: 0 }]);
  expect(await kit.claim()).toMatchObject({ job: { attempt: 1 } });
});

test("100,000 jobs are drained, each once and in order", async () => {
  await using kit = await createKit(memory, { maxFinishedJobs: 1_000 });
  const ids: string[] = [];
  for (let count = 0; count < 100_000; count += 1) ids.push(await kit.enqueue());
  const drained: string[] = [];
  while (drained.length < ids.length) {
    for (const { lease } of await kit.claimAll({ maxJobs: 100 })) {
      drained.push(lease.jobId);
      await kit.complete(lease);
    }
  }
  // Comparing the arrays by `toEqual` would take longer than draining.
  expect(drained.every((jobId, index) => jobId === ids[index])).toBe(true);
  expect(await kit.list({ state: JobState.COMPLETED, pageSize: 1 })).toMatchObject({ total: 1_000 });
});

/** The kit over a store with settings of its own. */
function over(store: JobStore): StoreFactory {
  return {
    ...memory,
    createStore: async ({ clock }) => ({
      store,
      advance: (ms) => clock.advance(ms),
      settle: () => setImmediate(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  };
}

test("events above the memory for them are read back from the file", async () => {
  const store = createMemoryStore({ eventBytesInMemory: 100_000 });
  await using kit = await createKit(over(store));
  const { lease } = await kit.running();
  const sent = Array.from({ length: 200 }, (_, index) => Buffer.alloc(20_000, `${index} `));
  for (const [index, bytes] of sent.entries()) await kit.append(lease, [output(index + 1, bytes)]);
  const events = await kit.readAll(lease.jobId, 1, 65_536);
  expect(Buffer.concat(events.map(outputOf)).equals(Buffer.concat(sent))).toBe(true);
});

test("of too many events those of the attempt that ended first go, and what runs is never touched", async () => {
  await using store = createMemoryStore({ maxEventBytes: 3 * 1_048_576 });
  await using kit = await createKit(over(store));
  const leases: string[] = [];
  for (let job = 0; job < 3; job += 1) {
    const { lease } = await kit.running();
    leases.push(lease.jobId);
    for (let sequence = 1; sequence <= 20; sequence += 1)
      await kit.append(lease, [output(sequence, Buffer.alloc(65_536, "x"))]);
    if (job < 2) await kit.complete(lease);
  }
  const kept = await Promise.all(leases.map(async (jobId) => (await kit.readAll(jobId, 1, 65_536)).length));
  expect(kept).toEqual([0, 20, 20]);
});

test("of running jobs alone no more events are taken than there is room for, and more once one has ended", async () => {
  await using store = createMemoryStore({ maxEventBytes: 1_048_576 });
  await using kit = await createKit(over(store));
  const [first, second] = [await kit.running(), await kit.running()];
  const event = Buffer.alloc(200_000, "x");
  let sequence = 0;
  await expect(async () => {
    for (;;) await kit.append(first.lease, [output(++sequence, event)]);
  }).rejects.toMatchObject({ code: "throttled" });
  expect(sequence).toBeGreaterThan(4);
  await expect(kit.append(second.lease, [output(1, event)])).rejects.toMatchObject({ code: "throttled" });
  await kit.complete(first.lease);
  await kit.append(second.lease, [output(1, event)]);
  expect(await kit.readAll(second.lease.jobId, 1, 65_536)).toHaveLength(1);
});

test("no more unfinished jobs are taken than there is room for; a repeated request is answered all the same", async () => {
  await using store = createMemoryStore({ maxUnfinishedJobs: 2 });
  await using kit = await createKit(over(store));
  const { lease } = await kit.running({ requestId: "first" });
  await kit.enqueue();
  await expect(kit.enqueue()).rejects.toMatchObject({ code: "throttled" });
  expect(await kit.enqueue({ requestId: "first" })).toBe(lease.jobId);
  await kit.complete(lease);
  await kit.enqueue();
});
