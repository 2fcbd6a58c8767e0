// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, test, vi } from "vitest";
import { Outbox } from "./outbox.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function rig() {
  const outbox = new Outbox();
  const sent: string[] = [];
  return { outbox, sent, add: (text: string) => outbox.add(() => sent.push(text)) };
}

test("sends what one turn wrote together, in order, and at the turn's end after a pause", ({ expect }) => {
  const { sent, add } = rig();
  add("a");
  add("b");
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(sent).toEqual(["a", "b"]);
  vi.advanceTimersByTime(1);
  add("c");
  vi.advanceTimersByTime(0);
  expect(sent).toEqual(["a", "b", "c"]);
});

test("gathers for a millisecond what follows at once, and no longer", ({ expect }) => {
  const { sent, add } = rig();
  add("a");
  vi.advanceTimersByTime(0);
  add("b");
  vi.advanceTimersByTime(0);
  add("c");
  expect(sent).toEqual(["a"]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(["a", "b", "c"]);
});

test("sends at once when it is told to, and nothing twice", ({ expect }) => {
  const { outbox, sent, add } = rig();
  add("a");
  outbox.flush();
  expect(sent).toEqual(["a"]);
  vi.advanceTimersByTime(5);
  expect(sent).toEqual(["a"]);
});
