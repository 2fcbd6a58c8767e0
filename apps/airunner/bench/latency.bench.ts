// SPDX-License-Identifier: Apache-2.0
// `pnpm bench airunner latency`: from a job's write to the moment at which a monitor has it on its standard output.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { requireBundle } from "../test/support/airunner.ts";
import { publish } from "./support/document.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { measureContenders, type Sample } from "./support/race.ts";
import type { BenchServer } from "./support/server.ts";

const mark = "printed at ";

interface Talk {
  readonly name: string;
  readonly lines: number;
  readonly everyMs: number;
  readonly mode: "pipe" | "pty";
}

const talks: readonly Talk[] = [
  { name: "a line each 150 ms, pipe", lines: 60, everyMs: 150, mode: "pipe" },
  { name: "a line each 150 ms, terminal", lines: 60, everyMs: 150, mode: "pty" },
  { name: "1,000 lines a second, pipe", lines: 6_000, everyMs: 1, mode: "pipe" },
];

/** A job that prints the time at which it prints. */
function script({ lines, everyMs }: Talk): string {
  return `
    let left = ${lines};
    let due = Date.now();
    const talk = () => {
      for (; due <= Date.now() && left > 0; due += ${everyMs}, left -= 1) console.log("${mark}" + Date.now());
      if (left > 0) setTimeout(talk, Math.max(1, due - Date.now()));
    };
    talk();
  `;
}

/** Runs one job under a worker and a monitor, both as users start them. */
async function listen(server: BenchServer, caFile: string, talk: Talk): Promise<readonly Sample[]> {
  const waits: number[] = [];
  await using submit: Executable = await runExecutable({
    file: requireBundle("airunner-cli"),
    args: [
      "submit",
      "--server",
      server.url,
      "--process-type",
      talk.mode,
      "--",
      process.execPath,
      "-e",
      script(talk),
    ],
    env: { AIRUNNER_CA_CERT: caFile },
    inheritEnv: ["HOME"],
    keepLines: 10,
  });
  using _lines = submit.stdout.onLine((line) => {
    const at = line.indexOf(mark);
    if (at !== -1) waits.push(Date.now() - Number(line.slice(at + mark.length)));
  });
  await submit.waitForExit({ deadlineMs: 120_000 });
  if (waits.length !== talk.lines) throw new Error(`${waits.length} of ${talk.lines} lines came`);
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN;
  return [
    { group: "from write to monitor: p50, ms", name: talk.name, value: at(0.5) },
    { group: "from write to monitor: p99, ms", name: talk.name, value: at(0.99) },
    { group: "from write to monitor: longest, ms", name: talk.name, value: at(1) },
  ];
}

async function measure(server: BenchServer): Promise<readonly Sample[]> {
  await using directory = await testDirectory("bench-latency");
  const caFile = join(directory.path, "ca.pem");
  await writeFile(caFile, server.ca);
  await using _worker = await runExecutable({
    file: requireBundle("airunner-cli"),
    args: ["worker", "--server", server.url],
    env: {
      AIRUNNER_CA_CERT: caFile,
      AIRUNNER_SPOOL_DIR: join(directory.path, "spool"),
      AIRUNNER_WORKSPACE_DIR: join(directory.path, "workspace"),
    },
    inheritEnv: ["HOME", "PATH"],
    keepLines: 10,
    diesWithParent: true,
  });
  const samples: Sample[] = [];
  for (const talk of talks) samples.push(...(await listen(server, caFile, talk)));
  return samples;
}

async function main(options: BenchOptions): Promise<void> {
  await publish(
    await measureContenders({
      name: "airunner-latency",
      title: "airunner: output on its way to a monitor",
      options: { ...options, against: undefined },
      measure,
      isMoreBetter: () => false,
      notes: [
        "Job, worker, server and monitor are processes of one machine: the built programs, over TLS. The job prints the time, the reader of the monitor's standard output compares it with its own.",
        "A worker sends the first bytes 100 ms after they were written, so that neighbours travel together.",
      ],
    }),
  );
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
