// SPDX-License-Identifier: MIT
import { test } from "vitest";
import type { ObjectState } from "../../state/object-state.ts";
import { stateWords } from "./state-words.ts";

const now = Date.UTC(2026, 10, 21, 12);
const base: ObjectState = {
  status: "done",
  revision: 7,
  attempts: 2,
  since: "2026-11-21T11:00:00.000Z",
  lastAt: "2026-11-21T11:59:00.000Z",
};
const reason = {
  code: "refused_by_service",
  message: "The slug is too long.",
  status: 400,
  call: "POST /projects",
} as const;

test.for([
  ["nothing remembered", undefined, [/no instance has met it yet/]],
  [
    "done",
    { applied: { revision: 7, at: "2026-11-21T11:59:00Z", action: "updated", uid: "u1", principal: "jdoe" } },
    [
      /Revision 7 was brought to v2 .*\(1m0s ago\), in the name of jdoe; in v2 it is u1\./,
      /Next: nothing, until v1/,
    ],
  ],
  ["claimed", { status: "claimed", owner: "pod-1.a" }, [/pod-1\.a works on it, since 1m0s at least/]],
  [
    "retry",
    { status: "retry", nextAt: "2026-11-21T12:05:00Z", reason },
    [/It was never carried through/, /tried 2 times/, /\(POST \/projects: 400\)/, /tried again, .*in 5m0s/],
  ],
  ["retry that is due", { status: "retry", nextAt: "2026-11-21T11:00:00Z" }, [/is due now/]],
  [
    "parked",
    { status: "parked", attempts: 0, waitsFor: ["project.sfid.x", "committee.sfid.y"] },
    [/not tried yet/, /as soon as project\.sfid\.x or committee\.sfid\.y is mapped/],
  ],
  ["held", { status: "held" }, [/dlq retry.* lets the delete go/]],
  ["dead for good", { status: "dead", reason }, [/nothing by itself/]],
  ["dead for a while", { status: "dead", nextAt: "2026-11-21T12:30:00Z" }, [/by itself, .*in 30m0s/]],
  [
    "all that may come later",
    {
      status: "retry",
      unsettled: true,
      override: "recreate",
      crashes: 2,
      intents: [
        {
          naturalKey: { kind: "member", committeeUid: "c1", email: "jane@example.org" },
          at: "2026-11-21T11:59:30Z",
        },
      ],
    },
    [
      /create of a member of committee c1 was sent .*\(30s ago\)/,
      /next attempt writes even if nothing/,
      /created again although it was deleted/,
      /2 processes in a row ended while at it/,
    ],
  ],
] as const satisfies readonly (readonly [string, Partial<ObjectState> | undefined, readonly RegExp[]])[])(
  "%s",
  ([, changes, sentences], { expect }) => {
    const text = stateWords(changes === undefined ? undefined : { ...base, ...changes }, now).join("\n");
    for (const sentence of sentences) expect(text).toMatch(sentence);
    expect(text).not.toContain("jane@example.org");
    expect(text).not.toContain("undefined");
  },
);
