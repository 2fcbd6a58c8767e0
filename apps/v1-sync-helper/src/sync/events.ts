// SPDX-License-Identifier: MIT

import type { Reason } from "../reason.ts";
import type { ObjectKind } from "../records/object-key.ts";
import type { Applied } from "../state/object-state.ts";
import type { OutcomeKind } from "../state/outcome.ts";

/** What is known of an object beside its key, for people who search in logs. */
export interface ObjectFacts {
  readonly slug?: string;
  readonly projectUid?: string;
  readonly committeeUid?: string;
  readonly memberUid?: string;
  /** Of the author; to be shown at debug only. */
  readonly username?: string;
}

/** One per attempt and per message that needed none. */
export interface ObjectEvent extends ObjectFacts {
  readonly key: string;
  readonly kind: ObjectKind;
  /** v1's id. */
  readonly sfid: string;
  readonly operation: "PUT" | "DELETE";
  readonly revision: number;
  /** From 1; 0 where none was made. */
  readonly attempt: number;
  /**
   * How it ended. Without an attempt: `superseded` (done, or a newer revision is known), `recorded` (waits on record
   * or another instance has it), `handed over`. `lost`: another instance took over meanwhile.
   */
  readonly outcome: OutcomeKind | "recorded" | "handed over" | "lost";
  /** Where `applied`. */
  readonly action?: Applied["action"];
  readonly reason?: Reason;
  readonly notes?: readonly string[];
  readonly durationMs: number;
  /** From the write into `v1-objects` until now; messages only. */
  readonly lagMs?: number;
}

/** Told of what happens; nothing here may throw or take long. */
export interface SyncEvents {
  readonly object: (event: ObjectEvent) => void;
  /** A defect of this program, or a record that cannot be read: needs a person. */
  readonly defect: (error: unknown, context: { readonly key?: string; readonly doing: string }) => void;
  /** Objects of v2 that have no record in v1: a person should remove them. */
  readonly leftovers: (key: string, uids: readonly string[]) => void;
  /** Something is not as it should be and mends itself, e.g. a consumer that is gone. */
  readonly trouble: (message: string) => void;
}
