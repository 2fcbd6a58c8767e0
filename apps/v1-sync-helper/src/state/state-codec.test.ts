// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { type ReasonCode, reasonCodes } from "../reason.ts";
import { type ObjectState, objectStatuses } from "./object-state.ts";
import { decodeState, encodeState, isDoneState, UnreadableStateError } from "./state-codec.ts";

const key = "salesforce-project__c.a09";
const time = fc
  .date({ min: new Date(0), noInvalidDate: true, max: new Date("9999-01-01") })
  .map((at) => at.toISOString());
const id = fc.stringMatching(/^[a-zA-Z0-9.-]{1,18}$/);
const codes = Object.keys(reasonCodes).filter((code): code is ReasonCode => code in reasonCodes);

const anyState: fc.Arbitrary<ObjectState> = fc.record(
  {
    status: fc.constantFrom(...objectStatuses),
    revision: fc.nat(),
    owner: fc.string(),
    attempts: fc.nat(20),
    crashes: fc.nat(3),
    since: time,
    lastAt: time,
    nextAt: time,
    waitsFor: fc.array(id.map((value) => `project.sfid.${value}` as const)),
    reason: fc.record(
      { code: fc.constantFrom(...codes), message: fc.string(), status: fc.nat(600), call: fc.string() },
      { requiredKeys: ["code", "message"] },
    ),
    intents: fc.array(
      fc.record({
        naturalKey: fc.oneof(
          fc.record({ kind: fc.constant("project" as const), slug: fc.string() }),
          fc.record({ kind: fc.constant("committee" as const), projectUid: id, name: fc.string() }),
          fc.record({ kind: fc.constant("member" as const), committeeUid: id, email: fc.string() }),
        ),
        at: time,
      }),
    ),
    unsettled: fc.boolean(),
    override: fc.constantFrom("delete" as const, "recreate" as const),
    applied: fc.record(
      {
        revision: fc.nat(),
        at: time,
        action: fc.constantFrom("created" as const, "deleted" as const, "ignored" as const),
        uid: id,
        principal: fc.string(),
        sent: fc.string(),
        notes: fc.array(fc.string()),
      },
      { requiredKeys: ["revision", "at", "action"] },
    ),
    leftovers: fc.array(id),
  },
  { requiredKeys: ["status", "revision", "attempts", "since", "lastAt"] },
);

test("gives back what it was given, and knows the done ones without decoding", ({ expect }) => {
  fc.assert(
    fc.property(anyState, (state) => {
      const value = Buffer.from(encodeState(state));
      expect(decodeState(key, value)).toEqual(state);
      expect(isDoneState(value)).toBe(state.status === "done");
      // With the fields in any order.
      const { status, ...rest } = state;
      expect(isDoneState(Buffer.from(encodeState({ ...rest, status })))).toBe(status === "done");
    }),
  );
});

const good = {
  status: "retry",
  revision: 7,
  attempts: 1,
  since: "2026-11-21T10:00:00.000Z",
  lastAt: "2026-11-21T10:00:00Z",
};
const applied = { revision: 1, at: good.since, action: "created" };

test("takes fields that it does not know, and leaves them out", ({ expect }) => {
  const later = { ...good, invented: 1, applied: { ...applied, invented: 2 } };
  expect(decodeState(key, Buffer.from(JSON.stringify(later)))).toEqual({ ...good, applied });
});

test.for([
  ["no JSON", "{", /it is no JSON/],
  ["nothing", "", /it is no JSON/],
  ["another type", "[]", /salesforce-project__c\.a09 cannot be read/],
  ["an unknown status", { ...good, status: "asleep" }, /"status"/],
  ["a missing revision", { ...good, revision: undefined }, /"revision"/],
  ["a revision below zero", { ...good, revision: -1 }, /"revision"/],
  ["a time that is none", { ...good, nextAt: "soon" }, /"nextAt"/],
  ["null for absent", { ...good, owner: null }, /"owner"/],
  ["an unknown reason", { ...good, reason: { code: "toString", message: "" } }, /"reason\.code"/],
  ["a key that is no mapping's", { ...good, waitsFor: ["project.uid.1"] }, /"waitsFor\.0"/],
  [
    "an intent without a slug",
    { ...good, intents: [{ naturalKey: { kind: "project" }, at: good.since }] },
    /slug/,
  ],
  ["an unknown action", { ...good, applied: { ...applied, action: "sent" } }, /"applied\.action"/],
] as const)("refuses %s, and names the key", ([, value, message], { expect }) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const decode = (): unknown => decodeState(key, Buffer.from(text));
  expect(decode).toThrow(UnreadableStateError);
  expect(decode).toThrow(message);
  expect(decode).toThrow(key);
});
