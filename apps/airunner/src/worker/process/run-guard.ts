// SPDX-License-Identifier: Apache-2.0
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { formatGuardMessage, type GuardMessage, parseGuardMessage } from "./guard-message.ts";
import { killFamily } from "./kill-family.ts";

/** A process that the worker was just starting shows its marker a moment after the worker has died. */
const rounds = 10;
const pauseMs = 200;
const killLimitMs = 30_000;

export interface GuardStreams {
  /** Ends when the worker does: the worker holds the only other end. */
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * Listens to a worker until it is gone, and then kills whatever runs with a marker that it watches; before, what runs
 * beyond its limit because the worker stands still.
 *
 * @see GuardMessage for what is said
 */
export async function runGuard({ input, output }: GuardStreams): Promise<void> {
  const leaders = new Map<string, number | undefined>();
  const limits = new Limits(leaders);
  // The worker may be gone before it has read an answer.
  for (const stream of [input, output]) stream.on("error", () => undefined);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const message = parseGuardMessage(line);
    if (message !== undefined) note(message, leaders);
    if (message !== undefined) limits.note(message);
    if (message?.kind === "watch") output.write(formatGuardMessage(message));
  }
  limits.clear();
  for (let round = 0; round < rounds && leaders.size > 0; round += 1) {
    if (round > 0) await delay(pauseMs);
    const families = [...leaders].map(([marker, leader]) => ({ marker, leader }));
    await Promise.all(families.map((family) => killFamily(family, killLimitMs)));
    // From now on by the marker alone: the number of a leader that is gone may come back.
    for (const marker of leaders.keys()) leaders.set(marker, undefined);
  }
}

function note(message: GuardMessage, leaders: Map<string, number | undefined>): void {
  switch (message.kind) {
    case "watch":
      leaders.set(message.marker, undefined);
      return;
    case "leader":
      leaders.set(message.marker, message.pid);
      return;
    case "limit":
      return;
    case "forget":
      leaders.delete(message.marker);
      return;
    case "leave":
      leaders.clear();
      return;
  }
}

const longestTimerMs = 2 ** 31 - 1;

/** Kills what runs beyond its limit. The worker, if it lives, sees its processes end. */
class Limits {
  readonly #leaders: ReadonlyMap<string, number | undefined>;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(leaders: ReadonlyMap<string, number | undefined>) {
    this.#leaders = leaders;
  }

  note(message: GuardMessage): void {
    if (message.kind === "leave") return this.clear();
    if (message.kind !== "limit" && message.kind !== "forget") return;
    const { marker } = message;
    clearTimeout(this.#timers.get(marker));
    this.#timers.delete(marker);
    if (message.kind === "forget") return;
    const timer = setTimeout(() => this.#kill(marker), Math.min(message.ms, longestTimerMs));
    this.#timers.set(marker, timer);
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #kill(marker: string): void {
    // A process table that cannot be read is tried again when the worker ends.
    killFamily({ marker, leader: this.#leaders.get(marker) }, killLimitMs).catch(() => undefined);
  }
}
