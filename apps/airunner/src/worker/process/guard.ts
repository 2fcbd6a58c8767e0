// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { formatGuardMessage, type GuardMessage, parseGuardMessage } from "./guard-message.ts";
import { withoutMasters } from "./terminal.ts";

const restartPauseMs = 1_000;
const leaveLimitMs = 5_000;
const keepAliveMs = 60_000;

/**
 * A second process that outlives this one by moments: should this one be killed, it kills the processes of all
 * jobs that run at that time. Should this process stand still, it kills those whose limit is over. Should the guard be
 * killed, another takes its place.
 */
export interface Guard extends AsyncDisposable {
  /** Of the guard that runs now; `undefined` while another is being started. */
  readonly pid: number | undefined;
  /** Resolves once the guard knows that processes with this marker are to be killed; call it before the start. */
  watch(marker: string): Promise<void>;
  /** Tells the guard the process group, for members that hide their environment. */
  setLeader(marker: string, pid: number): void;
  /** Has everything with this marker killed in `ms` milliseconds, unless another limit is set before. */
  setLimit(marker: string, ms: number): void;
  /** Call once nothing with this marker is left. */
  forget(marker: string): void;
}

export interface GuardOptions {
  /** Called when the guard has ended although it should not, before another is started. */
  onLost?(description: string): void;
}

/**
 * Starts the guard. It does not keep this process alive, ends with it, and takes no signal of the terminal.
 *
 * @throws the error of the start, if Node cannot be started once more
 */
export async function startGuard(options: GuardOptions = {}): Promise<Guard> {
  const guard = new GuardKeeper(options);
  await guard.start();
  return guard;
}

type GuardProcess = ChildProcessByStdio<Writable, Readable, null>;

interface Watched {
  leader: number | undefined;
  /** When it is to be killed, by `performance.now()`. */
  limitAt: number | undefined;
  readonly known: PromiseWithResolvers<void>;
}

class GuardKeeper implements Guard {
  readonly #options: GuardOptions;
  readonly #watched = new Map<string, Watched>();
  #process: GuardProcess | undefined;
  #startedAt = 0;
  #restart: NodeJS.Timeout | undefined;
  #isLeaving = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    this.#startedAt = performance.now();
    const guard = spawnGuard();
    await once(guard, "spawn");
    this.#process = guard;
    guard.on("exit", (code, signal) => this.#lose(guard, signal ?? `exit code ${code}`));
    // A guard that dies while we write is noticed by its exit.
    for (const stream of [guard.stdin, guard.stdout]) stream.on("error", () => undefined);
    createInterface({ input: guard.stdout }).on("line", (line) => this.#hear(line));
    for (const [marker, { leader, limitAt }] of this.#watched) {
      this.#tell({ kind: "watch", marker });
      if (leader !== undefined) this.#tell({ kind: "leader", marker, pid: leader });
      if (limitAt !== undefined) this.setLimit(marker, limitAt - performance.now());
    }
  }

  async watch(marker: string): Promise<void> {
    const watched: Watched = { leader: undefined, limitAt: undefined, known: Promise.withResolvers() };
    this.#watched.set(marker, watched);
    this.#tell({ kind: "watch", marker });
    // The guard's answer does not keep this process alive; that somebody waits for it does.
    const alive = setInterval(() => undefined, keepAliveMs);
    try {
      await watched.known.promise;
    } finally {
      clearInterval(alive);
    }
  }

  setLeader(marker: string, pid: number): void {
    const watched = this.#watched.get(marker);
    if (watched === undefined) throw new TypeError(`nobody watches ${marker}`);
    watched.leader = pid;
    this.#tell({ kind: "leader", marker, pid });
  }

  setLimit(marker: string, ms: number): void {
    const watched = this.#watched.get(marker);
    // Its processes are gone already.
    if (watched === undefined) return;
    watched.limitAt = performance.now() + ms;
    this.#tell({ kind: "limit", marker, ms: Math.max(0, Math.round(ms)) });
  }

  forget(marker: string): void {
    if (this.#watched.delete(marker)) this.#tell({ kind: "forget", marker });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isLeaving = true;
    clearTimeout(this.#restart);
    const guard = this.#process;
    if (guard === undefined || guard.exitCode !== null || guard.signalCode !== null) return;
    const exited = once(guard, "exit");
    this.#tell({ kind: "leave" });
    guard.stdin.end();
    const lastResort = setTimeout(() => guard.kill("SIGKILL"), leaveLimitMs);
    await exited;
    clearTimeout(lastResort);
  }

  #tell(message: GuardMessage): void {
    // Without a guard nothing is lost: the next one is told everything.
    this.#process?.stdin.write(formatGuardMessage(message));
  }

  #hear(line: string): void {
    const message = parseGuardMessage(line);
    if (message?.kind === "watch") this.#watched.get(message.marker)?.known.resolve();
  }

  #lose(guard: GuardProcess, how: string): void {
    if (this.#process !== guard) return;
    this.#process = undefined;
    if (this.#isLeaving) return;
    this.#options.onLost?.(`The guard of this worker's processes has ended (${how}); another is started.`);
    this.#startAgain();
  }

  /** At once, but not more than once a second. */
  #startAgain(): void {
    const pauseMs = Math.max(0, this.#startedAt + restartPauseMs - performance.now());
    this.#restart = setTimeout(() => {
      this.start().catch((error: unknown) => {
        this.#options.onLost?.(`The guard of this worker's processes cannot be started: ${String(error)}`);
        if (!this.#isLeaving) this.#startAgain();
      });
    }, pauseMs).unref();
  }
}

function spawnGuard(): GuardProcess {
  // The bundle holds this file and has the guard's beside it.
  const path = import.meta.filename.endsWith(".ts") ? "../../bin/airunner-guard.ts" : "./airunner-guard.mjs";
  const guard = withoutMasters(["pipe", "pipe", "ignore"], (stdio) =>
    spawn(process.execPath, [fileURLToPath(new URL(path, import.meta.url))], {
      stdio,
      env: {},
      detached: true,
    }),
  );
  const { stdin, stdout } = guard;
  if (stdin === null || stdout === null) throw new TypeError("the guard has no pipes");
  guard.unref();
  for (const stream of [stdin, stdout])
    if ("unref" in stream && typeof stream.unref === "function") stream.unref();
  return guard as GuardProcess;
}
