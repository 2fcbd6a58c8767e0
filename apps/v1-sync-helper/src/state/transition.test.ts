// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { type ExpectStatic, test } from "vitest";
import type { Reason } from "../reason.ts";
import type { Intent, ObjectState } from "./object-state.ts";
import {
  type AttemptOutcome,
  claimed,
  continued,
  crashed,
  dropped,
  maxAttempts,
  requested,
  transition,
  undelivered,
  wanted,
} from "./transition.ts";

const reason: Reason = { code: "service_unavailable", message: "The project service answered 503." };
const nowMs = Date.UTC(2026, 10, 21);
const half = { nowMs, random: () => 0.5 };
const intent: Intent = { naturalKey: { kind: "project", slug: "a" }, at: "2026-11-21T00:00:00.000Z" };

function atWork(more: Partial<ObjectState> = {}): ObjectState {
  return { ...claimed(undefined, { revision: 7, owner: "one", nowMs }), ...more };
}

const retry: AttemptOutcome = { kind: "retry", reason, countsAsAttempt: true };

test("a claim of a newer revision begins anew and keeps what nobody has answered for", ({ expect }) => {
  const before: ObjectState = {
    ...transition(atWork({ attempts: 5, intents: [intent], unsettled: true, crashes: 1 }), retry, half),
    override: "delete",
  };
  expect(claimed(before, { revision: 9, owner: "two", nowMs: nowMs + 1000 })).toEqual({
    status: "claimed",
    revision: 9,
    owner: "two",
    attempts: 0,
    since: "2026-11-21T00:00:01.000Z",
    lastAt: "2026-11-21T00:00:01.000Z",
    intents: [intent],
    unsettled: true,
  });
});

test("a claim of the same revision counts on", ({ expect }) => {
  const before = transition(atWork({ attempts: 2 }), retry, half);
  expect(claimed(before, { revision: 7, owner: "two", nowMs })).toMatchObject({
    attempts: 3,
    reason,
    revision: 7,
  });
});

test("a claim that ran out leaves everything in doubt until now", ({ expect }) => {
  const state = claimed(atWork({ intents: [intent] }), {
    revision: 7,
    owner: "two",
    nowMs: nowMs + 90_000,
    isUnsure: true,
    hasCrashed: true,
  });
  expect(state).toMatchObject({
    unsettled: true,
    crashes: 1,
    intents: [{ ...intent, at: "2026-11-21T00:01:30.000Z" }],
  });
});

test.for([
  [0, 500],
  [1, 1000],
  [4, 8000],
  [10, 150_000],
] as const)("after %i failures it waits a random part of a doubling time", ([attempts, ms], { expect }) => {
  const state = transition(atWork({ attempts }), retry, half);
  expect(state).toMatchObject({ status: "retry", attempts: attempts + 1, reason });
  expect(Date.parse(state.nextAt ?? "") - nowMs).toBe(ms);
});

test("what the service asks for wins over the doubling time", ({ expect }) => {
  const state = transition(atWork({ attempts: 9 }), { ...retry, waitMs: 2000 }, half);
  expect(Date.parse(state.nextAt ?? "") - nowMs).toBe(2100);
});

test("waiting that is no failure does not use up the attempts", ({ expect }) => {
  const state = transition(
    atWork({ attempts: 11 }),
    { ...retry, countsAsAttempt: false, waitMs: 1000 },
    half,
  );
  expect(state).toMatchObject({ status: "retry", attempts: 11 });
});

test.for([
  [0, 10],
  [60, 60],
  [60 * 24 * 30, 360],
] as const)("what is parked for %i minutes is looked at again after %i", ([parked, minutes], { expect }) => {
  const since = new Date(nowMs - parked * 60_000).toISOString();
  const outcome = { kind: "parked", reason, waitsFor: [] } as const;
  const state = transition(atWork({ since }), outcome, { nowMs, random: () => 0 });
  expect(Date.parse(state.nextAt ?? "") - nowMs).toBe(minutes * 60_000);
});

test("only an answered write settles a doubtful one", ({ expect }) => {
  const unsettled = atWork({ unsettled: true });
  const by = (action: "updated" | "unchanged" | "deleted"): ObjectState =>
    transition(unsettled, { kind: "applied", applied: { action } }, half);
  expect(by("unchanged").unsettled).toBe(true);
  expect(by("updated").unsettled).toBeUndefined();
  expect(by("deleted").unsettled).toBeUndefined();
  expect(transition(unsettled, { kind: "ignored", reason }, half).unsettled).toBe(true);
});

test("leftovers stay in mind, and what is ignored keeps its uid", ({ expect }) => {
  const created = transition(
    atWork({ leftovers: ["v"] }),
    { kind: "applied", applied: { action: "created", uid: "u" } },
    half,
  );
  const again = claimed(created, { revision: 8, owner: "one", nowMs });
  expect(transition(again, { kind: "ignored", reason }, half)).toMatchObject({
    applied: { action: "ignored", revision: 8, at: "2026-11-21T00:00:00.000Z", uid: "u" },
    leftovers: ["v"],
  });
});

test("an object whose claims keep ending with their process is set aside and comes back", ({ expect }) => {
  const state = crashed(atWork({ crashes: 2, intents: [intent] }), half);
  expect(state).toMatchObject({ status: "dead", crashes: 3, unsettled: true, reason: { code: "crashed" } });
  expect(state.nextAt).toBeDefined();
  expect(transition(claimed(state, { revision: 7, owner: "x", nowMs }), retry, half).crashes).toBeUndefined();
});

// The steps of any history, each with what the engine may do in that state.
const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc
    .constantFrom("created", "adopted", "updated", "unchanged", "deleted")
    .map((action) => ({ kind: "applied" as const, applied: { action, uid: "u" } })),
  fc.constant<AttemptOutcome>({ kind: "ignored", reason }),
  fc.constant<AttemptOutcome>({ kind: "parked", reason, waitsFor: ["project.sfid.a"] }),
  fc.constant<AttemptOutcome>({ kind: "held", reason }),
  fc.boolean().map((transient) => ({ kind: "dead" as const, reason, transient })),
  fc.constant<AttemptOutcome>(retry),
  fc.constant<AttemptOutcome>({ ...retry, countsAsAttempt: false, waitMs: 5 }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant("claim" as const), revision: fc.nat(30), unsure: fc.boolean() }),
  fc.record({ do: fc.constant("want" as const), revision: fc.nat(30) }),
  fc.record({ do: fc.constant("undelivered" as const), revision: fc.nat(30) }),
  fc.record({ do: fc.constant("operator" as const), drops: fc.boolean() }),
  fc.record({ do: fc.constant("send" as const), puts: fc.boolean() }),
  fc.record({ do: fc.constant("end" as const), outcome }),
  fc.record({ do: fc.constant("continue" as const), outcome, by: fc.integer({ min: 1, max: 3 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(state: ObjectState, next: Step, context: typeof half): ObjectState {
  const isClaimed = state.status === "claimed";
  switch (next.do) {
    case "claim":
      return claimed(state, {
        ...next,
        owner: "o",
        nowMs: context.nowMs,
        isUnsure: next.unsure || isClaimed,
      });
    case "want":
      return isClaimed ? wanted(state, next.revision, context.nowMs) : state;
    case "undelivered":
      return undelivered(state, next.revision, { ...context, reason });
    case "operator":
      return next.drops && !isClaimed
        ? dropped(state, context.nowMs)
        : (requested(state, { ...context, reason }) ?? state);
    case "send":
      if (!isClaimed) return state;
      return next.puts
        ? { ...state, unsettled: true }
        : { ...state, intents: [{ ...intent, at: new Date(context.nowMs).toISOString() }] };
    case "end":
      return isClaimed ? transition(state, next.outcome, context) : state;
    case "continue": {
      if (!isClaimed) return state;
      const done = transition(state, next.outcome, context);
      return continued(done, done.revision + next.by, { owner: "o", nowMs: context.nowMs });
    }
  }
}

function checkStep(expect: ExpectStatic, before: ObjectState, after: ObjectState, next: Step): void {
  expect(after.revision).toBeGreaterThanOrEqual(before.revision);
  expect(after.applied?.revision ?? 0).toBeGreaterThanOrEqual(before.applied?.revision ?? 0);
  expect(after.applied?.revision ?? 0).toBeLessThanOrEqual(after.revision);
  const result =
    "outcome" in next && next.outcome.kind === "applied" ? next.outcome.applied.action : undefined;
  if (before.intents !== undefined && result === undefined) expect(after.intents).toHaveLength(1);
  if (before.unsettled === true && (result === undefined || result === "unchanged"))
    expect(after.unsettled).toBe(true);
  for (const [i, kept] of (after.intents ?? []).entries()) {
    expect(kept.at >= (before.intents?.[i]?.at ?? "")).toBe(true);
  }
  if (after.status === "done") expect(after.applied?.revision).toBe(after.revision);
  else if (after.status === "claimed") expect(after.owner).toBe("o");
  else {
    expect(after.reason).toBeDefined();
    expect(after.owner).toBeUndefined();
    const waits = after.nextAt !== undefined || after.status === "held" || after.status === "dead";
    expect(waits).toBe(true);
  }
  const counts = next.do === "end" && next.outcome.kind === "retry" && next.outcome.countsAsAttempt;
  if (after.status === "retry" && counts) expect(after.attempts).toBeLessThan(maxAttempts);
}

test("no history goes back, forgets a doubtful write, or leaves an object without a way on", ({ expect }) => {
  const history = fc.property(fc.array(step, { maxLength: 80 }), fc.nat(99), (steps, percent) => {
    let state = claimed(undefined, { revision: 1, owner: "o", nowMs });
    let time = nowMs;
    for (const next of steps) {
      time += 1000;
      const after = take(state, next, { nowMs: time, random: () => percent / 100 });
      checkStep(expect, state, after, next);
      state = after;
    }
  });
  expect(() => fc.assert(history, { numRuns: 300 })).not.toThrow();
});
