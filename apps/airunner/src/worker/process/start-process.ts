// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { constants } from "node:os";
import { killFamily, signalFamily, signalGroup, waitForFamily } from "./kill-family.ts";
import { OutputReader } from "./output-reader.ts";
import type { ProcessEnd, ProcessSpec, RunningProcess, StopReason } from "./process.ts";
import type { ProcessFamily } from "./process-table.ts";
import { type Spawned, spawnProcess } from "./spawn.ts";
import { checkStart, toProcessError } from "./start-failure.ts";

/** For processes that hang in the kernel; after it they are left to the system. */
const killLimitMs = 10_000;
/** After the kill, for an output that is held by somebody whom we cannot find. */
const afterKillMs = 500;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Starts a process in a session of its own and reads its output to the last byte.
 *
 * @throws {ProcessError} if it cannot be started
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  if (!/^[A-Za-z0-9._-]+$/.test(spec.marker)) throw new TypeError(`"${spec.marker}" cannot be a marker`);
  await checkStart(spec);
  await spec.guard?.watch(spec.marker);
  try {
    return new SupervisedProcess(spec, await spawnProcess(spec));
  } catch (error) {
    spec.guard?.forget(spec.marker);
    throw toProcessError(error, spec);
  }
}

class SupervisedProcess implements RunningProcess {
  readonly pid: number;
  readonly startedAtMs = Date.now();
  readonly ended: Promise<ProcessEnd>;
  readonly #spec: ProcessSpec;
  readonly #spawned: Spawned;
  readonly #family: ProcessFamily;
  readonly #readers: readonly OutputReader[];
  readonly #startedAt = performance.now();
  #timeout: NodeJS.Timeout | undefined;
  #state: "running" | "leftovers" | "ended" = "running";
  #stoppedBy: StopReason | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #killTimer: NodeJS.Timeout | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(spec: ProcessSpec, spawned: Spawned) {
    this.#spec = spec;
    this.#spawned = spawned;
    this.pid = spawned.pid;
    this.#family = { marker: spec.marker, leader: spawned.pid };
    spec.guard?.setLeader(spec.marker, spawned.pid);
    this.#readers = spawned.outputs.map(
      (output) =>
        new OutputReader({
          ...output,
          onOutput: (chunk) => spec.onOutput(chunk),
          onFailure: (error) => this.#fail(error),
        }),
    );
    if (spec.timeoutMs !== undefined) this.#stopIn(spec.timeoutMs);
    this.ended = this.#supervise();
  }

  stop(reason: StopReason, graceMs = this.#spec.killGraceMs): void {
    if (this.#state === "ended") return;
    if (this.#state === "running") this.#stoppedBy ??= reason;
    const killAt = performance.now() + graceMs;
    if (killAt >= this.#killAt) return;
    const isFirst = this.#killAt === Number.POSITIVE_INFINITY;
    this.#killAt = killAt;
    if (isFirst && graceMs > 0) this.#terminate();
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.#kill(), Math.min(graceMs, longestTimerMs));
  }

  #stopIn(delayMs: number): void {
    // A timer of Node is up at once where it is set to more.
    const waitMs = Math.min(delayMs, longestTimerMs);
    const isUp = waitMs === delayMs;
    this.#timeout = setTimeout(() => (isUp ? this.stop("timeout") : this.#stopIn(delayMs - waitMs)), waitMs);
  }

  #terminate(): void {
    // The group at once; who is not in it, as soon as the process table was read.
    const isTold = this.#state === "running" && signalGroup(this.pid, "SIGTERM");
    // A stopped process hears nothing until it goes on.
    if (isTold) signalGroup(this.pid, "SIGCONT");
    this.#inBackground(this.#terminateOthers(isTold));
  }

  async #terminateOthers(isGroupTold: boolean): Promise<void> {
    const { pid } = this;
    for (const signal of ["SIGTERM", "SIGCONT"] as const)
      await signalFamily(this.#family, signal, (entry) => !(isGroupTold && entry.group === pid));
  }

  #kill(): void {
    if (this.#state === "running") signalGroup(this.pid, "SIGKILL");
    this.#inBackground(killFamily(this.#family, killLimitMs));
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop("shutdown", 0);
  }

  async #supervise(): Promise<ProcessEnd> {
    try {
      const end = await this.#waitForExit();
      await this.#settleLeftovers();
      if (this.#failure !== undefined) throw this.#failure.error;
      return end;
    } finally {
      this.#state = "ended";
      clearTimeout(this.#killTimer);
      for (const reader of this.#readers) reader[Symbol.dispose]();
      this.#spawned.forgetOutputs();
      this.#spec.guard?.forget(this.#spec.marker);
    }
  }

  async #waitForExit(): Promise<ProcessEnd> {
    const { child } = this.#spawned;
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.#state = "leftovers";
    clearTimeout(this.#timeout);
    const signal = child.signalCode ?? "";
    return {
      exitCode: signal === "" ? (child.exitCode ?? 0) : 128 + constants.signals[signal],
      signal,
      ...(this.#stoppedBy === undefined ? {} : { stoppedBy: this.#stoppedBy }),
      durationMs: performance.now() - this.#startedAt,
    };
  }

  /** Reads what is left of the output, gives others their grace, and sees to it that nobody is left. */
  async #settleLeftovers(): Promise<void> {
    const graceEnd = performance.now() + this.#spec.outputGraceMs;
    const isOver = (): boolean => performance.now() >= Math.min(graceEnd, this.#killAt);
    this.#spawned.releaseOutputs();
    const areAtEnd = await Promise.all(this.#readers.map((reader) => reader.readOn(isOver)));
    // Who was told to end has its grace even where the leader went first.
    if (this.#stoppedBy !== undefined)
      await waitForFamily(this.#family, () => performance.now() >= this.#killAt);
    await killFamily(this.#family, killLimitMs);
    if (areAtEnd.every(Boolean)) return;
    const giveUpAt = performance.now() + afterKillMs;
    await Promise.all(this.#readers.map((reader) => reader.readRest(() => performance.now() >= giveUpAt)));
  }
}
