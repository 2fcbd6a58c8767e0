// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { findTool } from "./find-tool.ts";
import { openPipes } from "./pipes.ts";
import type { OutputStream, ProcessSpec } from "./process.ts";
import { markerVariable } from "./process-table.ts";
import { openTerminal, releaseMaster, withoutMasters } from "./terminal.ts";

/** An output of the process that was started, to be read and closed by the receiver. */
export interface OutputEnd {
  readonly fd: number;
  readonly stream: OutputStream;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly outputs: readonly OutputEnd[];
  /** Call once the process has ended: its terminal may hang up. */
  releaseOutputs(): void;
  /** Call once the outputs are closed. */
  forgetOutputs(): void;
}

/** Starts the process as leader of a session of its own, and so of a group. */
export async function spawnProcess(spec: ProcessSpec): Promise<Spawned> {
  return spec.mode === "pty" ? await spawnInTerminal(spec) : await spawnWithPipes(spec);
}

async function spawnWithPipes(spec: ProcessSpec): Promise<Spawned> {
  const [stdout, stderr] = await openPipes(2);
  if (stdout === undefined || stderr === undefined) throw new TypeError("openPipes(2) opened fewer");
  try {
    const { child, pid } = await start(spec.command, spec.args, spec, [
      "ignore",
      stdout.writeEnd,
      stderr.writeEnd,
    ]);
    return {
      child,
      pid,
      outputs: [
        { fd: stdout.readEnd, stream: "stdout" },
        { fd: stderr.readEnd, stream: "stderr" },
      ],
      releaseOutputs: () => undefined,
      forgetOutputs: () => undefined,
    };
  } catch (error) {
    for (const { readEnd } of [stdout, stderr]) closeSync(readEnd);
    throw error;
  } finally {
    for (const { writeEnd } of [stdout, stderr]) closeSync(writeEnd);
  }
}

/**
 * setsid(1) makes the terminal the controlling one and becomes the command. node-pty's fork does so too, but hands
 * the masters of all other terminals on to the process, and tells an error from an exit code by no means.
 */
async function spawnInTerminal(spec: ProcessSpec): Promise<Spawned> {
  const setsid = await findTool("setsid");
  const { master, slave } = openTerminal();
  try {
    const args = ["-c", "--", spec.command, ...spec.args];
    const { child, pid } = await start(setsid, args, spec, [slave, slave, slave]);
    return {
      child,
      pid,
      outputs: [{ fd: master, stream: "terminal" }],
      releaseOutputs: () => closeSync(slave),
      forgetOutputs: () => releaseMaster(master),
    };
  } catch (error) {
    closeSync(slave);
    closeSync(master);
    releaseMaster(master);
    throw error;
  }
}

async function start(
  command: string,
  args: readonly string[],
  { cwd, env, marker, mode }: ProcessSpec,
  stdio: readonly ("ignore" | number)[],
): Promise<{ child: ChildProcess; pid: number }> {
  const child = withoutMasters(stdio, (all) =>
    spawn(command, [...args], {
      cwd,
      env: { ...env, [markerVariable]: marker },
      stdio: all,
      // In a terminal setsid(1) opens the session, and must not find one.
      detached: mode === "pipe",
    }),
  );
  // Rejects with what "error" brings.
  await once(child, "spawn");
  if (child.pid === undefined) throw new TypeError("a started process has no id");
  return { child, pid: child.pid };
}
