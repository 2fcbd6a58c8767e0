// SPDX-License-Identifier: MIT
import type { Clock } from "../../clock.ts";
import type { MappingKey } from "../../mappings/mapping-key.ts";
import { type ObjectState, type ObjectStatus, objectStatuses } from "../../state/object-state.ts";
import type { StateChange } from "../../state/object-states.ts";
import { DueHeap, type DueItem } from "./due-heap.ts";

export type OpenStatus = Exclude<ObjectStatus, "done">;

export interface BacklogOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** How long a claim holds, for all instances. */
  readonly claimMs: number;
  /** What another instance put on record becomes due so much later here, so that not all reach for it at once. */
  readonly othersDelayMs: number;
  /** Whether something that records wait for is there; asked once for each of them. */
  readonly isMapped: (key: MappingKey) => Promise<boolean>;
  /** A record cannot be read. */
  readonly onUnreadable: (key: string, error: unknown) => void;
}

/** All objects that are not done, as far as this instance has been told: small, for there may be 100,000. */
export interface Backlog {
  /** A change of the bucket, of any instance. */
  readonly note: (change: StateChange) => void;
  /** What this instance wrote or read itself. */
  readonly noteState: (
    key: string,
    version: number,
    state: ObjectState | undefined,
    from?: "own" | "read",
  ) => void;
  /** All that was on record at the start was told. */
  readonly caughtUp: () => void;
  /** The records are others now, and counted anew: all that was told is forgotten. */
  readonly clear: () => void;
  readonly mapped: (key: MappingKey) => void;
  /** Whether this version of a claimed record has been the newest for longer than a claim holds. */
  readonly hasExpired: (key: string, version: number) => boolean;
  /** Up to `limit` records whose time has come; each is given out again a while later, unless it changes. */
  readonly takeDue: (limit: number) => readonly DueItem[];
  readonly counts: () => Readonly<Record<OpenStatus, number>>;
  /** How many records wait for a parent of each kind. */
  readonly waitingFor: () => Readonly<Record<"project" | "committee", number>>;
}

interface Entry {
  readonly version: number;
  readonly status: OpenStatus;
  /** Monotonic time at which this version was first met. */
  readonly seenMs: number;
  /** This instance wrote it, so this instance reaches for it first. */
  readonly isOwn: boolean;
  readonly waitsFor: readonly MappingKey[] | undefined;
}

/** A record that was given out and did not change: whoever had it lost it. */
const givenOutAgainMs = 120_000;
/** What no mapping can release waits for a setting, and a start is when that may have changed. */
const lookedAtWithinMs = 60_000;
/** Clocks of two machines do not tick quite alike. */
const claimTolerance = 1.02;

export function createBacklog(options: BacklogOptions): Backlog {
  const { clock, random, claimMs, othersDelayMs, isMapped, onUnreadable } = options;
  const entries = new Map<string, Entry>();
  /** Claimed keys, those whose version is oldest first: each change moves its key to the end. */
  const claimedKeys = new Set<string>();
  const waiters = new Map<MappingKey, Set<string>>();
  const due = new DueHeap();
  const counts: Record<OpenStatus, number> = { claimed: 0, retry: 0, parked: 0, held: 0, dead: 0 };
  const openStatuses = objectStatuses.filter((status) => status !== "done");
  const expiryMs = claimMs * claimTolerance;
  let isStarting = true;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    claimedKeys.delete(key);
    counts[entry.status] -= 1;
    for (const waited of entry.waitsFor ?? []) {
      const keys = waiters.get(waited);
      keys?.delete(key);
      if (keys?.size === 0) waiters.delete(waited);
    }
  }

  function schedule(key: string, version: number, dueMs: number): void {
    due.push({ key, version, dueMs });
    if (due.size > 2 * entries.size + 10_000) due.prune((item) => isCurrent(item));
  }

  function isCurrent({ key, version }: DueItem): boolean {
    return entries.get(key)?.version === version;
  }

  function delayOf(isOwn: boolean): number {
    return isOwn ? 0 : othersDelayMs * (1 + random());
  }

  function add(key: string, version: number, state: ObjectState, isOwn: boolean): void {
    const { status, nextAt, waitsFor } = state;
    if (status === "done") return;
    const nowMs = clock.monotonicMs();
    entries.set(key, { version, status, seenMs: nowMs, isOwn, waitsFor });
    counts[status] += 1;
    if (status === "claimed") claimedKeys.add(key);
    if (nextAt !== undefined && status !== "claimed") {
      // By the time that is left, so that setting the machine's clock does not move it.
      schedule(key, version, nowMs + Math.max(Date.parse(nextAt) - clock.epochMs(), 0) + delayOf(isOwn));
    }
    if (isStarting && waitsFor?.length === 0) schedule(key, version, nowMs + random() * lookedAtWithinMs);
    for (const waited of waitsFor ?? []) waitFor(waited, key);
  }

  function waitFor(waited: MappingKey, key: string): void {
    const keys = waiters.get(waited);
    if (keys !== undefined) {
      keys.add(key);
      return;
    }
    waiters.set(waited, new Set([key]));
    // It may have been mapped before anybody waited. When that cannot be asked, the slow re-check remains.
    isMapped(waited).then(
      (isThere) => {
        if (isThere) mapped(waited);
      },
      () => {},
    );
  }

  function noteState(
    key: string,
    version: number,
    state: ObjectState | undefined,
    from: "own" | "read" | "watch" = "read",
  ): void {
    const known = entries.get(key)?.version ?? 0;
    // What was told already; one's own is told here first, and then by the watch.
    if (version < known || (version === known && from !== "own")) return;
    remove(key);
    if (state !== undefined) add(key, version, state, from === "own");
  }

  function note(change: StateChange): void {
    const { key, version } = change;
    if (change.isDone) {
      if (version > (entries.get(key)?.version ?? 0)) remove(key);
      return;
    }
    try {
      noteState(key, version, change.state(), "watch");
    } catch (error) {
      remove(key);
      onUnreadable(key, error);
    }
  }

  function mapped(waited: MappingKey): void {
    const keys = waiters.get(waited);
    if (keys === undefined) return;
    waiters.delete(waited);
    const nowMs = clock.monotonicMs();
    for (const key of keys) {
      const entry = entries.get(key);
      if (entry !== undefined) schedule(key, entry.version, nowMs + delayOf(entry.isOwn));
    }
  }

  function caughtUp(): void {
    isStarting = false;
  }

  function clear(): void {
    entries.clear();
    claimedKeys.clear();
    waiters.clear();
    due.prune(() => false);
    for (const status of openStatuses) counts[status] = 0;
  }

  function hasExpired(key: string, version: number): boolean {
    const entry = entries.get(key);
    return (
      entry?.status === "claimed" &&
      entry.version === version &&
      clock.monotonicMs() - entry.seenMs > expiryMs
    );
  }

  function expired(limit: number, nowMs: number): DueItem[] {
    const found: DueItem[] = [];
    for (const key of claimedKeys) {
      const entry = entries.get(key);
      if (found.length >= limit || entry === undefined || nowMs - entry.seenMs <= expiryMs) break;
      // Out of the order until it changes, or is given out again.
      claimedKeys.delete(key);
      found.push({ key, version: entry.version, dueMs: nowMs });
    }
    return found;
  }

  function takeDue(limit: number): readonly DueItem[] {
    const nowMs = clock.monotonicMs();
    const taken = expired(limit, nowMs);
    // A record may have become due twice, by its time and by its parent.
    const keys = new Set(taken.map(({ key }) => key));
    for (;;) {
      const first = due.first;
      if (taken.length >= limit || first === undefined || first.dueMs > nowMs) break;
      due.pop();
      if (!isCurrent(first) || keys.has(first.key)) continue;
      keys.add(first.key);
      taken.push(first);
    }
    for (const { key, version } of taken) schedule(key, version, nowMs + givenOutAgainMs);
    return taken;
  }

  function waitingFor(): Readonly<Record<"project" | "committee", number>> {
    const waiting = { project: 0, committee: 0 };
    for (const [waited, keys] of waiters)
      waiting[waited.startsWith("project.") ? "project" : "committee"] += keys.size;
    return waiting;
  }

  return {
    note,
    noteState,
    caughtUp,
    clear,
    mapped,
    hasExpired,
    takeDue,
    counts: () => ({ ...counts }),
    waitingFor,
  };
}
