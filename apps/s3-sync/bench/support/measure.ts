// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** A program and how it is started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** One run of a command. */
export interface Run {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly wallSeconds: number;
  /** User and system time of the process and all its descendants; the kernel counts in steps of 10 ms. */
  readonly cpuSeconds: number;
  /** The same of the process itself, without its children; its last 20 ms may be missing. */
  readonly ownCpuSeconds: number;
  /** Highest resident memory of the process itself, without its children. */
  readonly peakMemoryBytes: number;
  /** The last 64 KiB of its output, as lines. */
  readonly lastLines: readonly string[];
}

const sampleMs = 20;
const tailBytes = 65_536;

/**
 * Runs a command to its end. Its output goes to a file, as a pod's goes to its node: nothing of this process's
 * work stands in its way.
 *
 * @param directory holds the output while it is read; an earlier run's is overwritten
 */
export async function measure(command: Command, directory: string): Promise<Run> {
  const outputPath = join(directory, "output");
  const output = openSync(outputPath, "w");
  const cpuBefore = childCpuSeconds();
  const startedAt = performance.now();
  const child = spawn(command.file, command.args, {
    env: { ...command.env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  using watch = watchProcess(child.pid);
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("exit", (code) => ended.resolve(code));
  const exitCode = (await ended.promise) ?? undefined;
  return {
    exitCode,
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: childCpuSeconds() - cpuBefore,
    ownCpuSeconds: watch.cpuSeconds,
    peakMemoryBytes: watch.peakBytes,
    lastLines: await readTail(outputPath),
  };
}

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Field `number` of a line of /proc/<pid>/stat, counted from 1 as in proc(5). */
function statField(stat: string, number: number): number {
  // The name in parentheses, field 2, may hold anything: fields count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[number - 3]);
}

/** CPU time of all descendants of this process that have ended and were waited for. */
export function childCpuSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  return (statField(stat, 16) + statField(stat, 17)) / ticksPerSecond;
}

interface ProcessWatch extends Disposable {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** The kernel keeps both figures itself; only what happens after the last look before the end is missed. */
function watchProcess(pid: number | undefined): ProcessWatch {
  let cpuSeconds = 0;
  let peakBytes = 0;
  const look = (): void => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      cpuSeconds = (statField(stat, 14) + statField(stat, 15)) / ticksPerSecond;
      const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      peakBytes = Math.max(peakBytes, Number(kilobytes ?? 0) * 1024);
    } catch {
      // It has just ended.
    }
  };
  const timer = setInterval(look, sampleMs);
  return {
    get cpuSeconds() {
      return cpuSeconds;
    },
    get peakBytes() {
      return peakBytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

async function readTail(path: string): Promise<readonly string[]> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const length = Math.min(size, tailBytes);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString("utf8").split("\n").filter(Boolean);
}
