// SPDX-License-Identifier: MIT
import { setImmediate as turn } from "node:timers/promises";
import { test } from "vitest";
import { RevisionConflictError } from "../../nats/bucket.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { ObjectStates } from "../../state/object-states.ts";
import { editState } from "./edit-state.ts";
import { inParallel } from "./in-parallel.ts";

const dead: ObjectState = {
  status: "dead",
  revision: 7,
  attempts: 12,
  since: "2026-11-21T10:00:00.000Z",
  lastAt: "2026-11-21T10:00:00.000Z",
};

/** One record, and what another instance does between our read and our write. */
function oneRecord(start: ObjectState | undefined, meanwhile: (() => ObjectState | undefined)[] = []) {
  let state = start;
  let version = 1;
  const states: Pick<ObjectStates, "read" | "write"> = {
    read: async () => ({ version, ...(state !== undefined && { state }) }),
    write: async (_key, next, expected) => {
      const other = meanwhile.shift();
      if (other !== undefined) {
        state = other();
        version += 1;
      }
      if (expected !== version) throw new RevisionConflictError("somebody else was first");
      state = next;
      version += 1;
      return version;
    },
  };
  return { states: { ...states, watch: () => undefined }, now: () => state };
}

const drop = (state: ObjectState | undefined): ObjectState | undefined =>
  state?.status === "dead" ? { ...state, status: "done" } : undefined;

test("a change is made again from what another instance wrote meanwhile", async ({ expect }) => {
  const { states, now } = oneRecord(dead, [() => ({ ...dead, revision: 8 })]);
  expect(await editState(states, "k", drop)).toMatchObject({ isWritten: true });
  expect(now()).toMatchObject({ status: "done", revision: 8 });
});

test("a change that is no longer wanted is not made", async ({ expect }) => {
  const { states, now } = oneRecord(dead, [() => ({ ...dead, status: "claimed", owner: "other" })]);
  expect(await editState(states, "k", drop)).toMatchObject({
    isWritten: false,
    state: { status: "claimed" },
  });
  expect(now()).toMatchObject({ status: "claimed", owner: "other" });
});

test("a record that changes all the time is given up with the conflict", async ({ expect }) => {
  const { states } = oneRecord(
    dead,
    Array.from({ length: 50 }, () => () => dead),
  );
  await expect(editState(states, "k", drop)).rejects.toThrow(RevisionConflictError);
});

test("work goes on side by side, no wider than it may", async ({ expect }) => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  const signal = new AbortController().signal;
  await inParallel([1, 2, 3, 4, 5, 6, 7], { width: 3, signal }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("the first failure, and the signal, end it", async ({ expect }) => {
  const controller = new AbortController();
  const seen: number[] = [];
  const failing = inParallel([1, 2, 3, 4], { width: 1, signal: controller.signal }, async (item) => {
    seen.push(item);
    if (item === 2) throw new Error("no more");
  });
  await expect(failing).rejects.toThrow("no more");
  expect(seen).toEqual([1, 2]);
  controller.abort(new Error("stopped"));
  const stopped = inParallel([1], { width: 1, signal: controller.signal }, async () => undefined);
  await expect(stopped).rejects.toThrow("stopped");
});
