// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import { type Step, valueOf } from "./history.ts";

export interface FeederOptions {
  readonly connection: NatsConnection;
  readonly steps: readonly Step[];
  /** Monotonic time, milliseconds, at which the last one is to be written. */
  readonly endsMs: number;
  readonly onWritten: (count: number) => void;
}

const waveMs = 4000;

/** Writes the history into `v1-objects`, evenly over the time. A write that NATS does not confirm is written again. */
export async function feed({ connection, steps, endsMs, onWritten }: FeederOptions): Promise<void> {
  const startMs = performance.now();
  const perStepMs = Math.max((endsMs - startMs) / Math.max(steps.length, 1), 0);
  for (const [at, step] of steps.entries()) {
    // Half of them in waves, which queue up in the instances: what waits there is lost when they are killed.
    const isWave = Math.floor((at * perStepMs) / waveMs) % 2 === 1;
    const atMs = isWave ? Math.floor((at * perStepMs) / waveMs) * waveMs : at * perStepMs;
    const waitMs = startMs + atMs - performance.now();
    // Changes of one row one after the other come at once: some of them while the one before is being worked on.
    const isBurst = steps[at - 1]?.object === step.object;
    if (isBurst) await sleep(at % 5 === 0 ? 150 : 0);
    else if (waitMs > 5) await sleep(waitMs);
    await write(connection, step);
    onWritten(at + 1);
  }
}

async function write(connection: NatsConnection, { object, revision }: Step): Promise<void> {
  const value = valueOf(revision);
  for (;;) {
    try {
      const answer = await connection.request(`$KV.v1-objects.${object.key}`, value ?? "", {
        timeout: 2000,
        ...(value === undefined && { headers: markOf(revision.form) }),
      });
      if (answer.string().includes('"seq"')) return;
    } catch {
      // Written perhaps, and then twice: as extraction does it.
    }
    await sleep(100);
  }
}

function markOf(form: string): MsgHdrs {
  const mark = headers();
  mark.set("KV-Operation", form === "purge" ? "PURGE" : "DEL");
  if (form === "purge") mark.set("Nats-Rollup", "sub");
  return mark;
}
