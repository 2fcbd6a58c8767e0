// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { LineOutput } from "./output.ts";
import { type PeakMemory, watchPeakMemory } from "./peak-memory.ts";
import { killGroupAtExit, signalGroup } from "./process-group.ts";
import type { Executable, Exit } from "./run-executable.ts";

/**
 * Milliseconds that output may still come after the end of the process. A child of its own that lives on keeps
 * the streams open, and must not hide that the process has ended.
 */
const drainMs = 500;

/** A spawned process that leads its own process group. */
export class ChildExecutable implements Executable {
  readonly pid: number;
  readonly stdout: LineOutput;
  readonly stderr: LineOutput;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #memory: PeakMemory;
  readonly #forget: () => void;

  constructor(child: ChildProcess, options: { readonly name: string; readonly keepLines: number }) {
    const { name, keepLines } = options;
    this.#child = child;
    this.#name = name;
    this.pid = demand(child.pid, "process id");
    this.stdout = new LineOutput(demand(child.stdout, "output"), {
      name: `standard output of ${name}`,
      keepLines,
    });
    this.stderr = new LineOutput(demand(child.stderr, "output"), {
      name: `standard error of ${name}`,
      keepLines,
    });
    this.#memory = watchPeakMemory(this.pid);
    this.#forget = killGroupAtExit(this.pid);
    this.exited = this.#watchExit(performance.now());
  }

  get peakMemoryBytes(): number {
    return this.#memory.bytes;
  }

  async waitForExit(options: { readonly deadlineMs?: number } = {}): Promise<Exit> {
    const { deadlineMs = 30_000 } = options;
    const { promise, reject } = Promise.withResolvers<never>();
    const fail = (): void =>
      reject(
        new Error(
          `${this.#name} (process ${this.pid}) did not end within ${deadlineMs} ms; it wrote last:\n${this.#tail()}`,
        ),
      );
    const timer = setTimeout(fail, deadlineMs);
    try {
      return await Promise.race([this.exited, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  killGroup(signal: NodeJS.Signals): void {
    signalGroup(this.pid, signal, this.#isReaped());
  }

  write(text: string): void {
    demand(this.#child.stdin, 'input (start it with stdin: "pipe")').write(text);
  }

  endInput(): void {
    demand(this.#child.stdin, 'input (start it with stdin: "pipe")').end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killGroup("SIGKILL");
    await this.exited;
    this.#forget();
  }

  async #watchExit(startedAt: number): Promise<Exit> {
    const end = Promise.withResolvers<Pick<Exit, "code" | "signal">>();
    this.#child.once("exit", (code, signal) => end.resolve({ code, signal }));
    const { code, signal } = await end.promise;
    const durationMs = performance.now() - startedAt;
    this.#memory[Symbol.dispose]();
    await this.#drain();
    this.exit = { code, signal, durationMs, peakMemoryBytes: this.#memory.bytes };
    return this.exit;
  }

  async #drain(): Promise<void> {
    const streams = [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null);
    const timer = setTimeout(() => streams.forEach((stream: Readable) => stream.destroy()), drainMs);
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    clearTimeout(timer);
  }

  #isReaped(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #tail(): string {
    return [...this.stdout.lines.slice(-10), ...this.stderr.lines.slice(-10)].join("\n");
  }
}

function demand<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new TypeError(`The child process has no ${what}.`);
  return value;
}
