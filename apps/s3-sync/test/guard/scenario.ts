// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";

/** Where an object is at the start, and whether both copies are alike. */
export type Placement = "same" | "differs" | "source_only" | "surplus";

/** What goes wrong with the n-th request of a kind at one side, counted from 1 within one run of the job. */
export interface PlannedFault {
  readonly side: "source" | "destination";
  readonly on: "listing" | "head" | "delete" | "put";
  readonly nth: number;
  readonly times: number;
  readonly kind:
    | "empty_page"
    | "truncated_page"
    | "denied"
    | "server_error"
    | "reset"
    | "cut"
    | "invalid_xml";
}

/** Who dies when the n-th request of a kind arrives. */
export interface PlannedKill {
  readonly who: "all" | "rclone" | "job_by_sigterm";
  readonly on: PlannedFault["on"];
  readonly nth: number;
}

/** One run of the job with what happens to it. */
export interface PlannedRun {
  readonly faults: readonly PlannedFault[];
  readonly kill: PlannedKill | undefined;
  /** Surplus objects (by their order) appear at the source again at its n-th listing request. */
  readonly recreate: { readonly atListing: number; readonly count: number } | undefined;
}

/** Two buckets, the limits of the guard, and a history of runs; a last run without faults always follows. */
export interface Scenario {
  readonly objects: Readonly<Record<string, Placement>>;
  readonly maxDelete: number;
  readonly maxDeletePercent: number | undefined;
  readonly allowEmptySource: boolean;
  readonly compare: "modtime" | "hybrid" | "checksum" | "size";
  readonly fastList: boolean;
  readonly rclone: "newest" | "1.60.1";
  readonly isOneServer: boolean;
  readonly runs: readonly PlannedRun[];
}

/** Names that have broken something somewhere: blanks at the ends, comment signs, quotes, glob and regular expression signs. */
const AWKWARD = [
  " lead",
  "trail ",
  "tab\there",
  "#hash",
  ";semi",
  '"quoted"',
  "'single'",
  "back\\slash",
  "[x]*?{a,b}",
  "emoji-😀",
  "é-nfc",
  "e\u0301-nfd",
  "100%",
  "a+b",
  "-dash",
  "carriage\rreturn",
];

const key = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30).map((n) => `top-${n}`) },
  { weight: 4, arbitrary: fc.tuple(fc.nat(4), fc.nat(12)).map(([folder, n]) => `dir${folder}/o${n}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(2), fc.nat(3)).map(([folder, n]) => `dir${folder}/sub/deep/o${n}`),
  },
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD) },
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD).map((name) => `dir1/${name}`) },
);

const placement = fc.constantFrom<Placement>(
  "same",
  "same",
  "same",
  "differs",
  "source_only",
  "surplus",
  "surplus",
);

const objects = fc
  .tuple(
    fc.array(fc.tuple(key, placement), { minLength: 0, maxLength: 40, size: "max" }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([entries, dice]) =>
    Object.fromEntries(
      entries.map(
        ([name, where]) => [name, dice === 0 && where !== "source_only" ? "surplus" : where] as const,
      ),
    ),
  );

const on = fc.constantFrom<PlannedFault["on"]>("listing", "head", "delete", "put");
const nth = fc.integer({ min: 1, max: 8 });

/** A listing that shows less than there is, once or from then on: what the guard is for, and so the most frequent. */
const lie: fc.Arbitrary<PlannedFault> = fc.record({
  side: fc.constantFrom("source", "source", "source", "destination"),
  on: fc.constant("listing"),
  nth,
  times: fc.constantFrom(1, 2, 1000, 1000),
  kind: fc.constantFrom("empty_page", "truncated_page", "truncated_page"),
});

const refusal: fc.Arbitrary<PlannedFault> = fc.record({
  side: fc.constantFrom("source", "destination"),
  on,
  nth,
  times: fc.constantFrom(1, 2, 1000),
  kind: fc.constant("denied"),
});

/** Not for long: rclone repeats such a request for minutes, and a campaign should be at the next scenario by then. */
const failure: fc.Arbitrary<PlannedFault> = fc.record({
  side: fc.constantFrom("source", "destination"),
  on,
  nth,
  times: fc.constantFrom(1, 1, 2, 3),
  kind: fc.constantFrom("server_error", "reset", "cut", "invalid_xml"),
});

const fault = fc.oneof(
  { weight: 6, arbitrary: lie },
  { weight: 1, arbitrary: refusal },
  { weight: 3, arbitrary: failure },
);

const kill: fc.Arbitrary<PlannedKill> = fc.record({
  who: fc.constantFrom("all", "rclone", "job_by_sigterm"),
  on,
  nth: fc.integer({ min: 1, max: 6 }),
});

const run: fc.Arbitrary<PlannedRun> = fc.record({
  faults: fc.array(fault, { maxLength: 2, size: "max" }),
  kill: fc.option(kill, { nil: undefined, freq: 3 }),
  recreate: fc.option(
    fc.record({ atListing: fc.integer({ min: 2, max: 6 }), count: fc.integer({ min: 1, max: 3 }) }),
    { nil: undefined, freq: 3 },
  ),
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  objects,
  maxDelete: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(1000)),
  maxDeletePercent: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined, freq: 1 }),
  allowEmptySource: fc.boolean(),
  compare: fc.constantFrom("modtime", "hybrid", "checksum", "size"),
  fastList: fc.boolean(),
  rclone: fc.constantFrom("newest", "1.60.1"),
  isOneServer: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
  runs: fc.array(run, { minLength: 1, maxLength: 3, size: "max" }),
});
