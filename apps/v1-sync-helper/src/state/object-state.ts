// SPDX-License-Identifier: MIT

import type { MappingKey } from "../mappings/mapping-key.ts";
import type { NaturalKey, SentDigest } from "../objects/plan.ts";
import type { Reason } from "../reason.ts";

/**
 * - `done`: v2 says what `revision` says, or that revision needs nothing (`applied`, `reason` say which)
 * - `claimed`: an instance works on it
 * - `retry`: to be tried again at `nextAt`
 * - `parked`: until one of `waitsFor` is mapped
 * - `held`: a delete above the guard's limit; an operator lets it go
 * - `dead`: to be mended by a person; with `nextAt` it is also tried again by itself
 */
export const objectStatuses = ["done", "claimed", "retry", "parked", "held", "dead"] as const;
export type ObjectStatus = (typeof objectStatuses)[number];

/** A create that was sent, or was about to be, and whose outcome nobody knows yet. */
export interface Intent {
  readonly naturalKey: NaturalKey;
  /** When it was last sent, at the latest; RFC 3339. Before this plus the settling time it may still be carried out. */
  readonly at: string;
}

/** A delete that was sent, or was about to be sent, and whose outcome nobody knows. */
export interface Deletion {
  readonly uid: string;
  /** `create`: of a member that moves, and is to be made again. */
  readonly next: "end" | "create";
}

/** What was last carried through. */
export interface Applied {
  /** Stream sequence of the revision of `v1-objects`. */
  readonly revision: number;
  readonly at: string;
  readonly action: "created" | "adopted" | "updated" | "unchanged" | "deleted" | "ignored";
  readonly uid?: string;
  readonly principal?: string;
  readonly sent?: SentDigest;
  readonly notes?: readonly string[];
}

/**
 * All that is remembered of one object: one entry of the bucket `v1-sync-state` under `object.{key}`, written by
 * compare-and-set only. Whoever moves it from one revision to the next owns the object until then.
 */
export interface ObjectState {
  readonly status: ObjectStatus;
  /** The newest revision (stream sequence of `v1-objects`) that is known to be wanted. */
  readonly revision: number;
  /** While `claimed`: the instance. */
  readonly owner?: string;
  /** Attempts at `revision`; a newer revision starts again at 0. */
  readonly attempts: number;
  /** Claims in a row that ended neither well nor badly but not at all. */
  readonly crashes?: number;
  /** When `revision` was first met. */
  readonly since: string;
  readonly lastAt: string;
  readonly nextAt?: string;
  readonly waitsFor?: readonly MappingKey[];
  readonly reason?: Reason;
  readonly intents?: readonly Intent[];
  /** A PUT or DELETE may still be carried out: the next attempt must write, so that its ETag is spent. */
  readonly unsettled?: boolean;
  /** Until it is known whether this object is still there; whatever v1 says by then. */
  readonly deleting?: Deletion;
  /** An operator let the delete go in spite of the guard, or asked for it to be created again. */
  readonly override?: "delete" | "recreate";
  readonly applied?: Applied;
  /** Objects of v2 that a late create left over beside the mapped one; a person should remove them. */
  readonly leftovers?: readonly string[];
}
