// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";
import { runExecutable } from "@repo/testkit/process";
import { readBacklog, readBucket } from "./buckets.ts";
import { readStates, type StateRecord } from "./evidence.ts";
import type { Platform } from "./platform.ts";
import type { V1Object } from "./v1-object.ts";

export interface SettleOptions {
  readonly platform: Platform;
  readonly bundle: string;
  readonly objects: readonly V1Object[];
  readonly deadlineMs: number;
  readonly onProgress: (text: string) => void;
}

export interface Settled {
  /** Why it is not over; empty: it is. */
  readonly open: readonly string[];
  /** What an operator had to try again: set aside because of the faults, not because of what v1 said. */
  readonly retried: ReadonlyMap<string, string>;
}

const lookEveryMs = 500;

/** Waits until every object has its outcome, and does what an operator would do meanwhile. */
export async function settle(options: SettleOptions): Promise<Settled> {
  const { platform, objects, deadlineMs, onProgress } = options;
  const endsMs = performance.now() + deadlineMs;
  const retried = new Map<string, string>();
  for (;;) {
    const states = await readStates(platform);
    await retryCrashed(options, states, retried);
    const source = await readBucket(platform.connection, "v1-objects");
    const open = objects.flatMap((object) =>
      whyOpen(object, source.get(object.key)?.revision, states.get(object.key)),
    );
    const { pending, unacknowledged } = await readBacklog(platform.connection);
    onProgress(`${open.length} objects open, ${pending} messages pending, ${unacknowledged} unacknowledged`);
    if (open.length === 0 && pending === 0 && unacknowledged === 0) return { open, retried };
    if (performance.now() > endsMs) {
      const backlog = `the consumer has ${pending} messages pending and ${unacknowledged} unacknowledged`;
      return { open: pending + unacknowledged > 0 ? [...open, backlog] : open, retried };
    }
    await sleep(lookEveryMs);
  }
}

function whyOpen(
  { key, fate }: V1Object,
  newest: number | undefined,
  state: StateRecord | undefined,
): readonly string[] {
  if (newest === undefined) return [`${key} is not in v1-objects`];
  if (state === undefined) return [`${key} has no record`];
  const isFinal =
    state.status === "done" ||
    (state.status === "parked" && fate === "orphan") ||
    (state.status === "dead" && !isTransient(state));
  return isFinal && (state.revision ?? 0) >= newest
    ? []
    : [`${key} at ${newest} is ${JSON.stringify(state)}`];
}

function isTransient({ nextAt }: StateRecord): boolean {
  return nextAt !== undefined;
}

/** Dead by crashes or by twelve failures: after an incident an operator tries these again. */
async function retryCrashed(
  { platform, bundle }: SettleOptions,
  states: ReadonlyMap<string, StateRecord>,
  retried: Map<string, string>,
): Promise<void> {
  const dead = [...states].filter(([, state]) => state.status === "dead" && isTransient(state));
  if (dead.length === 0) return;
  for (const [key, { reason }] of dead) retried.set(key, reason?.code ?? "");
  const args = ["dlq", "retry", ...dead.map(([key]) => key)];
  await using program = await runExecutable({ file: bundle, args, env: { NATS_URL: platform.nats.url } });
  await program.waitForExit();
}
