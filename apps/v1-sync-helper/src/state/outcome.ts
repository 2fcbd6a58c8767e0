// SPDX-License-Identifier: MIT
import type { MappingKey } from "../mappings/mapping-key.ts";
import type { Reason } from "../reason.ts";
import type { Applied } from "./object-state.ts";

/** How an attempt at an object ended. Each is written to the object's state before its message is acknowledged. */
export type Outcome =
  | { readonly kind: "applied"; readonly applied: Omit<Applied, "revision" | "at"> }
  /** A newer revision was applied, or is wanted. */
  | { readonly kind: "superseded"; readonly by: number }
  | { readonly kind: "ignored"; readonly reason: Reason }
  | { readonly kind: "parked"; readonly waitsFor: readonly MappingKey[]; readonly reason: Reason }
  | {
      readonly kind: "retry";
      readonly reason: Reason;
      /** What the service asked for, or what the program knows to be the earliest sense; milliseconds. */
      readonly waitMs?: number;
      /** False where waiting is no failure, so that it does not use up the attempts. */
      readonly countsAsAttempt: boolean;
    }
  | { readonly kind: "held"; readonly reason: Reason }
  /** `transient`: tried again by itself, slowly. */
  | { readonly kind: "dead"; readonly reason: Reason; readonly transient: boolean };

export type OutcomeKind = Outcome["kind"];
