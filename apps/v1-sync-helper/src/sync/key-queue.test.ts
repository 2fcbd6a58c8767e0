// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { createKeyQueue, type Lane } from "./key-queue.ts";

interface Task {
  readonly key: string;
  readonly revision: number;
}

function queueOf(limit: number) {
  const begun: Task[] = [];
  const ends = new Map<string, () => void>();
  let most = 0;
  const queue = createKeyQueue<Task>({
    limit,
    keyOf: ({ key }) => key,
    merge: (waiting, arriving) => (arriving.revision > waiting.revision ? arriving : waiting),
    run: (task) => {
      if (ends.has(task.key)) throw new Error(`${task.key} runs twice at once`);
      begun.push(task);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(task.key, resolve);
      most = Math.max(most, ends.size);
      return promise.finally(() => ends.delete(task.key));
    },
  });
  const end = async (key: string): Promise<void> => {
    ends.get(key)?.();
    await new Promise(setImmediate);
  };
  return { queue, begun, end, ends, most: () => most };
}

test("works on one task of a key at a time and on the newest of those that waited", async ({ expect }) => {
  const { queue, begun, end } = queueOf(10);
  for (const revision of [1, 2, 4, 3]) queue.push({ key: "a", revision }, "arrivals");
  expect(begun).toEqual([{ key: "a", revision: 1 }]);
  expect(queue.waiting()).toBe(1);
  await end("a");
  expect(begun.at(-1)).toEqual({ key: "a", revision: 4 });
  await end("a");
  expect(begun).toHaveLength(2);
  expect(queue.running()).toBe(0);
});

test("gives arrivals and backlog their turns", async ({ expect }) => {
  const { queue, begun, end } = queueOf(1);
  queue.push({ key: "first", revision: 1 }, "arrivals");
  for (const n of [1, 2, 3]) queue.push({ key: `backlog${n}`, revision: n }, "backlog");
  for (const n of [1, 2, 3]) queue.push({ key: `arrival${n}`, revision: n }, "arrivals");
  while (queue.running() > 0) await end(begun.at(-1)?.key ?? "");
  expect(begun.map(({ key }) => key)).toEqual([
    "first",
    "backlog1",
    "arrival1",
    "backlog2",
    "arrival2",
    "backlog3",
    "arrival3",
  ]);
});

test("gives back what has not begun when it is stopped, and is idle when the rest has ended", async ({
  expect,
}) => {
  const { queue, begun, end } = queueOf(1);
  queue.push({ key: "a", revision: 1 }, "arrivals");
  queue.push({ key: "a", revision: 2 }, "arrivals");
  queue.push({ key: "b", revision: 3 }, "backlog");
  const left = queue.stop();
  expect(left.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual([2, 3]);
  let isIdle = false;
  const idle = queue.idle().then(() => {
    isIdle = true;
  });
  await new Promise(setImmediate);
  expect(isIdle).toBe(false);
  await end("a");
  await idle;
  expect(begun).toHaveLength(1);
});

test("never exceeds its limit, and ends with the newest revision of every key done", async ({ expect }) => {
  const lane = fc.constantFrom<Lane>("arrivals", "backlog");
  const event = fc.oneof(
    fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), lane }),
    fc.record({ end: fc.nat(4) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (events, limit) => {
        const { queue, begun, end, ends, most } = queueOf(limit);
        const newest = new Map<string, number>();
        let revision = 0;
        for (const step of events) {
          if ("end" in step) await end([...ends.keys()][step.end % Math.max(ends.size, 1)] ?? "");
          else {
            revision += 1;
            newest.set(step.key, revision);
            queue.push({ key: step.key, revision }, step.lane);
          }
        }
        while (queue.running() > 0) await end([...ends.keys()][0] ?? "");
        expect(most()).toBeLessThanOrEqual(limit);
        expect(queue.waiting()).toBe(0);
        for (const [key, last] of newest) {
          const done = begun.filter((task) => task.key === key).map((task) => task.revision);
          expect(done.at(-1)).toBe(last);
          expect(done).toEqual(done.toSorted((a, b) => a - b));
        }
      },
    ),
    { numRuns: 50 },
  );
});
