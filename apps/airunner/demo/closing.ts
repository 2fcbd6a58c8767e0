// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { formatCount, formatDuration, type Stage, showClosingTable } from "@repo/tools/stage";
import { processesOf } from "./processes.ts";
import { announce, type Rehearsal, type Row, showCommand, showRow } from "./rehearsal.ts";
import { awaitIdleWorkers, type World } from "./world.ts";

/** Columns where nothing says how many there are: the widest page has 145. */
const pipedColumns = 150;

/** The pages that people look at: all jobs, one of them, the queues. */
export async function showPages(rehearsal: Rehearsal, number: number, jobId: string): Promise<void> {
  const { stage, world } = rehearsal;
  announce(
    rehearsal,
    number,
    "Looking back",
    "What the server knows; the one job is that whose worker died.",
  );
  const room = (process.stdout.columns ?? pipedColumns) - 4;
  for (const [index, args] of [["list", "--newest"], ["show", jobId], ["queues"]].entries()) {
    if (index > 0) stage.print();
    showCommand(rehearsal, args);
    const page = await world.run(...args);
    for (const line of page.text.trimEnd().split("\n")) {
      const text = line.length <= room ? line : `${line.slice(0, room - 1)}…`;
      stage.print(`    ${stage.style("dim", text)}`.trimEnd());
    }
  }
}

/** Stops everything as an operator does, and looks for what must not be there. */
export async function lookForTraces(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { world, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "No traces",
    "The killed worker is started again and clears up; then all are told to stop. Looked for: both tokens and the signing key in all that was written, and what is left of the jobs.",
  );
  const startedAt = performance.now();
  await stage.follow("the killed worker comes back", () => restartDead(world));
  const codes = await stage.follow("SIGTERM to the workers, then to the server", () => stopAll(world));
  const written = [
    ...world.output,
    ...world.processes.flatMap(({ stdout, stderr }) => [stdout.text, stderr.text]),
  ];
  const leaks = written.filter((text) => world.secrets.some((secret) => text.includes(secret))).length;
  const files = await Promise.all(
    [...world.workers.keys()].map((name) => filesBelow(world.workerFolder(name))),
  );
  return showRow(rehearsal, {
    title: "No traces",
    checks: [
      { what: "exit codes at SIGTERM", expected: "0 0 0", actual: codes.join(" ") },
      { what: "secrets in output", expected: "0", actual: formatCount(leaks) },
      { what: "processes left", expected: "0", actual: formatCount(processesOf(world.folder).length) },
      { what: "files of jobs left", expected: "0", actual: formatCount(files.flat().length) },
    ],
    durationMs: performance.now() - startedAt,
  });
}

async function restartDead(world: World): Promise<void> {
  const dead = [...world.workers.values()].filter(({ process }) => process.exit !== undefined);
  await Promise.all(dead.map(({ name }) => world.startWorker(name)));
  await awaitIdleWorkers(world, world.workers.size);
}

/** How each ended: its exit code, or the signal. */
async function stopAll({ workers, server }: World): Promise<readonly string[]> {
  const processes = [...workers.values()].map((worker) => worker.process);
  for (const worker of processes) worker.kill("SIGTERM");
  const ends = await Promise.all(processes.map((worker) => worker.waitForExit()));
  server.kill("SIGTERM");
  return [...ends, await server.waitForExit()].map(({ code, signal }) => String(code ?? signal));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

/** The table of all jobs. */
export function showTable(stage: Stage, rows: readonly Row[], totalMs: number): void {
  showClosingTable(stage, {
    heading: { title: "job", width: 17 },
    further: [
      { title: "attempts", width: 8, align: "right" },
      { title: "exit", width: 4, align: "right" },
    ],
    rows: rows.map(({ title, checks, attempts, exit, durationMs }) => ({
      title,
      checks,
      further: [String(attempts ?? ""), String(exit ?? "")],
      time: formatDuration(durationMs),
    })),
    totalMs,
  });
}

export const pointers = [
  ["apps/airunner/README.md", "commands, settings, exit codes, the API"],
  ["apps/airunner/demo/jobs", "these jobs"],
  ["apps/airunner/test/contract", "what every store must do"],
  ["apps/airunner/proto", "the protocol"],
  ["charts/airunner", "server and workers on Kubernetes"],
  ["docs/bench/README.md", "figures"],
] as const;
