// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@repo/testkit/fault-proxy";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { readLeftSpool } from "../../src/worker/spool/left-spool.ts";
import { acknowledge, attemptKey } from "./facts.ts";
import type { Place } from "./place.ts";

export interface WorkerOptions {
  readonly place: Place;
  readonly name: string;
  readonly concurrency: number;
  readonly leaseSeconds: number;
}

/** Beyond what a worker takes at most to give jobs back that it cannot hand in. */
const drainLimitMs = 60_000;

/** A worker's place on its machine: a process that comes and goes, and folders that stay. */
export class CampaignWorker implements AsyncDisposable {
  readonly name: string;
  readonly proxy: FaultProxy;
  readonly #options: WorkerOptions;
  readonly #folder: string;
  #process: Executable | undefined;
  #isEndWanted = false;

  private constructor(options: WorkerOptions, proxy: FaultProxy) {
    this.name = options.name;
    this.proxy = proxy;
    this.#options = options;
    this.#folder = join(options.place.folder, options.name.replaceAll(" ", "-"));
  }

  static async start(options: WorkerOptions): Promise<CampaignWorker> {
    const worker = new CampaignWorker(
      options,
      await startFaultProxy({ target: options.place.server.server }),
    );
    await mkdir(join(worker.#folder, "spool"), { recursive: true });
    await worker.#begin();
    return worker;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** As by the kernel when memory runs out; what its spools hold then is noted. */
  async kill(pauseMs: number, onDead: () => void = () => undefined): Promise<void> {
    const process = await this.#endBy("SIGKILL");
    await process.waitForExit();
    onDead();
    await this.#noteSpools();
    await sleep(pauseMs);
    await this.#begin();
  }

  async restart(pauseMs: number): Promise<void> {
    await this.stop();
    await sleep(pauseMs);
    await this.#begin();
  }

  /** Drains it. */
  async stop(): Promise<void> {
    const process = await this.#endBy("SIGTERM");
    const { code, signal } = await process.waitForExit({ deadlineMs: drainLimitMs });
    // One that has not come so far as to listen for signals has taken no job either.
    const isUnborn = signal === "SIGTERM" && process.stdout.lines.length + process.stderr.lines.length === 0;
    if (code !== 0 && !isUnborn)
      this.#violate(`ended with ${signal ?? code} after SIGTERM:\n${tailOf(process)}`);
  }

  async freeze(ms: number): Promise<void> {
    this.#process?.kill("SIGSTOP");
    await sleep(ms);
    this.#process?.kill("SIGCONT");
  }

  /** Names of the spools that nobody has handed in. */
  async spools(): Promise<readonly string[]> {
    return (await readdir(join(this.#folder, "spool"))).filter((name) => name.includes(".spool"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEndWanted = true;
    await this.#process?.[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    const { place, name, concurrency, leaseSeconds } = this.#options;
    const { args, env } = place.reach(this.proxy.url);
    const process = await runExecutable({
      file: place.cli,
      args: [
        "worker",
        ...args,
        "--queue=builds=2",
        "--queue=tests",
        `--name=${name}`,
        `--timeout=${leaseSeconds}`,
        `--concurrency=${concurrency}`,
        `--spool-dir=${join(this.#folder, "spool")}`,
        `--workspace-dir=${join(this.#folder, "workspace")}`,
        "--drain-timeout=1s",
        "--kill-grace=1s",
      ],
      env,
      keepLines: 300,
      diesWithParent: true,
    });
    this.#process = process;
    this.#isEndWanted = false;
    for (const output of [process.stdout, process.stderr])
      output.onLine((line) => {
        if (line.includes('"level":"error"')) this.#violate(`logged an error: ${line}`);
      });
    void process.exited.then(({ code, signal }) => {
      if (this.#process === process && !this.#isEndWanted)
        this.#violate(`ended by itself (${signal ?? code}):\n${tailOf(process)}`);
    });
  }

  async #endBy(signal: NodeJS.Signals): Promise<Executable> {
    const process = this.#process;
    if (process === undefined) throw new TypeError(`${this.name} was never started.`);
    this.#isEndWanted = true;
    process.kill(signal);
    return process;
  }

  async #noteSpools(): Promise<void> {
    const { facts } = this.#options.place;
    for (const name of await this.spools()) {
      const left = name.endsWith(".new") ? undefined : await readLeftSpool(join(this.#folder, "spool", name));
      if (left === undefined) continue;
      const { jobId, attempt, taskToken } = left.header;
      const { acknowledged, lastSequence } = left;
      facts.left.push({ jobId, attempt, acknowledged, lastSequence, hasResult: left.result !== undefined });
      facts.oldTokens.push({ jobId, attempt, taskToken });
      acknowledge(facts, attemptKey(jobId, attempt), acknowledged);
    }
  }

  #violate(what: string): void {
    this.#options.place.facts.violations.push(`${this.name} ${what}`);
  }
}

function tailOf(process: Executable): string {
  return [...process.stdout.lines, ...process.stderr.lines].slice(-15).join("\n");
}
