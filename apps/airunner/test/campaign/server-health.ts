// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { waitFor } from "@repo/testkit";
import type { Airunner } from "../support/airunner.ts";

/** What the server holds open; its sockets among it. */
export async function openFiles({ process: { pid } }: Airunner): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Notes when the server ends before it is told to. */
export function watchServer({ process }: Airunner, violations: string[]): void {
  void process.exited.then(({ code, signal }) => {
    const tail = [...process.stdout.lines, ...process.stderr.lines].slice(-30).join("\n");
    violations.push(`The server ended by itself (${signal ?? code}):\n${tail}`);
  });
}

/** Files beyond those of the start that it may still have: for spilled logs, and the campaign's own connection. */
const spareFiles = 8;
/** Far above what some hundred small logs need; far below what a leak per connection or reader would come to. */
const mostBytes = 500 * 1024 * 1024;

/** Whether the server has let go of everybody who left, and logged no error of its own. */
export async function checkServer(server: Airunner, filesAtStart: number): Promise<string[]> {
  const found: string[] = [];
  if (server.process.exit !== undefined) return ["The server has ended."];
  await waitFor(async () => (await openFiles(server)) <= filesAtStart + spareFiles, {
    deadlineMs: 45_000,
  }).catch(async () => {
    found.push(`The server has ${await openFiles(server)} files open; it began with ${filesAtStart}.`);
  });
  const { peakMemoryBytes, stdout, stderr } = server.process;
  if (peakMemoryBytes > mostBytes) found.push(`The server took ${peakMemoryBytes} bytes of memory.`);
  for (const line of [...stdout.lines, ...stderr.lines])
    if (/"level":"?(error|fatal|50|60)/.test(line)) found.push(`The server logged an error: ${line}`);
  return found;
}
