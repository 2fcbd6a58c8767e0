// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { test } from "vitest";
import type { Lease } from "../../job/job.ts";
import { LeaseOrder } from "./lease-order.ts";

const lease: Lease = { jobId: "a", queue: "q", attempt: 1, handle: "h" };

/** Work of some turns of the loop that notes its start and end. */
function noting(notes: string[], name: string, turns = 3): () => Promise<string> {
  return async () => {
    notes.push(`${name} begins`);
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    notes.push(`${name} ends`);
    return name;
  };
}

test("work of one attempt runs one after the other, in the order given", async ({ expect }) => {
  const order = new LeaseOrder();
  const notes: string[] = [];
  const results = await Promise.all(["1", "2", "3"].map((name) => order.run(lease, noting(notes, name))));
  expect(results).toEqual(["1", "2", "3"]);
  expect(notes).toEqual(["1", "2", "3"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  expect(order.size).toBe(0);
});

test("other attempts do not wait", async ({ expect }) => {
  const order = new LeaseOrder();
  const notes: string[] = [];
  await Promise.all([
    order.run(lease, noting(notes, "slow", 20)),
    order.run({ ...lease, attempt: 2 }, noting(notes, "other", 1)),
  ]);
  expect(notes.indexOf("other ends")).toBeLessThan(notes.indexOf("slow ends"));
});

test("a failure is its caller's alone", async ({ expect }) => {
  const order = new LeaseOrder();
  const failing = order.run(lease, async () => {
    throw new Error("no");
  });
  const next = order.run(lease, async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
  expect(order.size).toBe(0);
});

test("what comes last waits for a writer that still takes up messages", async ({ expect }) => {
  const order = new LeaseOrder();
  const notes: string[] = [];
  const writing = (async () => {
    using writer = order.openWriter(lease);
    for (const name of ["1", "2", "3"]) {
      const done = writer.begin();
      await order.run(lease, noting(notes, name, 2));
      done();
      // The next message is there, but is only found in the next turn.
      await setImmediate();
    }
  })();
  await Promise.all([writing, order.runLast(lease, noting(notes, "result", 0))]);
  expect(notes.at(-1)).toBe("result ends");
  expect(notes).toHaveLength(8);
  expect(order.size).toBe(0);
});

test("a writer that sends nothing keeps nobody waiting", async ({ expect }) => {
  const order = new LeaseOrder();
  const writer = order.openWriter(lease);
  expect(await order.runLast(lease, async () => "result")).toBe("result");
  expect(order.size).toBe(1);
  writer[Symbol.dispose]();
  expect(order.size).toBe(0);
});
