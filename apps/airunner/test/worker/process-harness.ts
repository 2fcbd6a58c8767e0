// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createJobEnvironment } from "../../src/worker/process/environment.ts";
import type { OutputChunk, ProcessSpec, RunningProcess } from "../../src/worker/process/process.ts";
import { markerVariable } from "../../src/worker/process/process-table.ts";
import { startProcess } from "../../src/worker/process/start-process.ts";

export interface Started extends RunningProcess {
  readonly marker: string;
  readonly chunks: readonly OutputChunk[];
  /** All output so far, or that of one stream. */
  text(stream?: OutputChunk["stream"]): string;
}

export type Mode = ProcessSpec["mode"];
export const modes: readonly Mode[] = ["pipe", "pty"];

/** Starts a command with the graces of a patient worker and keeps its output. */
export async function start(
  command: string,
  args: readonly string[],
  overrides: Partial<ProcessSpec> = {},
): Promise<Started> {
  const chunks: OutputChunk[] = [];
  const marker = `test.${randomUUID()}`;
  const mode = overrides.mode ?? "pipe";
  const running = await startProcess({
    command,
    args,
    env: createJobEnvironment({ worker: process.env, job: {}, jobId: "job-1", attempt: 1, mode }),
    cwd: tmpdir(),
    mode,
    killGraceMs: 5_000,
    outputGraceMs: 5_000,
    marker,
    onOutput(chunk) {
      chunks.push(chunk);
    },
    ...overrides,
  });
  const text = (stream?: OutputChunk["stream"]): string =>
    Buffer.concat(
      chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map(({ bytes }) => bytes),
    ).toString();
  return Object.assign(running, { marker: overrides.marker ?? marker, chunks, text });
}

/** Runs a shell script. */
export async function shell(script: string, overrides: Partial<ProcessSpec> = {}): Promise<Started> {
  return await start("sh", ["-c", script], overrides);
}

/** A script of Node as a process. */
export async function node(script: string, overrides: Partial<ProcessSpec> = {}): Promise<Started> {
  return await start(process.execPath, ["--eval", script], overrides);
}

/** Ids of the living processes with a marker, zombies too: read here once more, apart from the code under test. */
export function processesOf(marker: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8")
          .split("\0")
          .includes(`${markerVariable}=${marker}`);
      } catch {
        return false;
      }
    });
}

/** Children of this process that have ended and were not waited for. */
export function zombies(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state === "Z" && parent === String(process.pid) ? [stat] : [];
      } catch {
        return [];
      }
    });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that init has not reaped yet is not alive.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Open files of this process, as `/proc` tells them. */
export function openFiles(): string[] {
  return readdirSync("/proc/self/fd");
}
