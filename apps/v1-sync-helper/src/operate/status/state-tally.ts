// SPDX-License-Identifier: MIT
import { type ObjectKind, objectKinds, parseObjectKey } from "../../records/object-key.ts";
import { type ObjectState, type ObjectStatus, objectStatuses } from "../../state/object-state.ts";
import type { StateChange } from "../../state/object-states.ts";

export type StatusCounts = Readonly<Record<ObjectStatus, number>>;

export interface TallySnapshot {
  readonly objects: Readonly<Record<ObjectKind, StatusCounts>>;
  /** Of what is not done and not claimed: how many for which reason, most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly oldestParked:
    | { readonly key: string; readonly since: string; readonly waitsFor: string }
    | undefined;
  /** Instances that hold claims, and how many. */
  readonly instances: readonly { readonly instance: string; readonly claims: number }[];
  /** Records that cannot be read. */
  readonly unreadable: readonly string[];
}

/** What is kept of an unfinished record; of a finished one only that it is. */
type Kept = Pick<ObjectState, "status" | "since" | "owner" | "reason" | "waitsFor"> | "done" | "unreadable";

/** Counts records while it is told of their changes. */
export class StateTally {
  readonly #kept = new Map<string, Kept>();

  take(change: StateChange): void {
    const kept = keep(change);
    if (kept === undefined) this.#kept.delete(change.key);
    else this.#kept.set(change.key, kept);
  }

  snapshot(): TallySnapshot {
    const objects = emptyCounts();
    const reasons = new Map<string, number>();
    const instances = new Map<string, number>();
    const unreadable: string[] = [];
    let oldest: TallySnapshot["oldestParked"];
    for (const [key, kept] of this.#kept) {
      const kind = parseObjectKey(key)?.kind;
      if (kept === "unreadable") unreadable.push(key);
      if (kind === undefined || kept === "unreadable") continue;
      objects[kind][kept === "done" ? "done" : kept.status] += 1;
      if (kept === "done") continue;
      if (kept.status === "claimed") increase(instances, kept.owner ?? "unknown");
      else if (kept.reason !== undefined) increase(reasons, kept.reason.code);
      if (kept.status === "parked" && (oldest === undefined || kept.since < oldest.since))
        oldest = { key, since: kept.since, waitsFor: kept.waitsFor?.join(", ") ?? "" };
    }
    return {
      objects,
      reasons: byCount(reasons).map(([reason, count]) => ({ reason, count })),
      oldestParked: oldest,
      instances: byCount(instances).map(([instance, claims]) => ({ instance, claims })),
      unreadable,
    };
  }
}

function keep(change: StateChange): Kept | undefined {
  if (change.isDone) return "done";
  try {
    const state = change.state();
    if (state === undefined) return undefined;
    const { status, since, owner, reason, waitsFor } = state;
    return {
      status,
      since,
      ...(owner !== undefined && { owner }),
      ...(reason !== undefined && { reason }),
      ...(waitsFor !== undefined && { waitsFor }),
    };
  } catch {
    return "unreadable";
  }
}

type MutableCounts = Record<ObjectKind, Record<ObjectStatus, number>>;

function emptyCounts(): MutableCounts {
  const none = (): Record<ObjectStatus, number> => ({
    done: 0,
    claimed: 0,
    retry: 0,
    parked: 0,
    held: 0,
    dead: 0,
  });
  return { project: none(), committee: none(), member: none() };
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function byCount(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** Columns of the table, in this order. */
export const shownStatuses = objectStatuses;
export const shownKinds = objectKinds;
