// SPDX-License-Identifier: MIT
import { readdir } from "node:fs/promises";
import { formatCount, formatDuration, type Stage, showClosingTable } from "@repo/tools/stage";
import { judge } from "./oracle/judge.ts";
import { processesOf } from "./processes.ts";
import { announce, counted, type Rehearsal, type Row, showRow, told } from "./rehearsal.ts";
import { secretsIn } from "./secrets.ts";

/** All that was sent to v2 since the beginning, looked at once more. */
export async function judgeAll(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { book, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "All of it",
    "Every object of v1 against v2, field by field, and every write that v2 carried out: who was named, in which order, and whether anything was made twice. Done by the demo itself, with its own account of v1.",
  );
  const startedAt = performance.now();
  const verdict = await judge(rehearsal);
  const { by, writes, wrongAuthors, outOfOrder, twice, surplus } = verdict;
  const counts = Object.entries(verdict.kinds);
  stage.note(
    `${formatCount(by.person)} writes in the name of people, ${formatCount(by.machine)} of machines, ${formatCount(by.unknown)} in the program's own, where v1 does not know who it was.`,
    4,
  );
  const wanted = (kind: string): number => book.due.filter((each) => each.kind === kind).length;
  return showRow(rehearsal, {
    title: "All of it",
    checks: [
      ...counts.map(([kind, count]) => counted(`${kind}s`, wanted(kind), count)),
      counted("surplus", 0, surplus),
      counted("made twice", 0, twice.length),
      counted("in the right name", writes, writes - wrongAuthors.length),
      counted("out of order", 0, outOfOrder.length),
    ],
    durationMs: performance.now() - startedAt,
  });
}

/** Stops everything as an operator does, and looks for what must not be there. */
export async function lookForTraces(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { world, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "No traces",
    "Both instances get SIGTERM. Then all that they ever logged is searched for tokens, keys and e-mail addresses, and the machine for what they left.",
  );
  const startedAt = performance.now();
  const ends = await stage.follow("SIGTERM", () => stopAll(rehearsal));
  const lines = world.instances.flatMap(({ process }) => [...process.stdout.lines, ...process.stderr.lines]);
  const leaking = lines.filter((line) => secretsIn(line, world.secrets));
  for (const line of leaking.slice(0, 3)) stage.mark(false, line.slice(0, 200));
  const files = await readdir(world.folder, { recursive: true });
  return showRow(rehearsal, {
    title: "No traces",
    checks: [
      told("ended by", "SIGKILL, 0, 0", ends.toSorted().toReversed().join(", ")),
      counted(`secrets in ${formatCount(lines.length)} log lines`, 0, leaking.length),
      counted("wrong requests to v1", 0, world.v1.problems.length),
      counted("files left", 0, files.length),
      counted("processes left", 0, processesOf(world.folder).length),
    ],
    durationMs: performance.now() - startedAt,
  });
}

/** How each instance ended: its exit code, or the signal. */
async function stopAll({ world, status }: Rehearsal): Promise<readonly string[]> {
  await status.stop();
  const running = world.instances.filter(({ process }) => process.exit === undefined);
  for (const { process } of running) process.kill("SIGTERM");
  const ends = await Promise.all(world.instances.map(({ process }) => process.waitForExit()));
  return ends.map(({ code, signal }) => String(signal ?? code));
}

export function showTable(stage: Stage, rows: readonly Row[], totalMs: number): void {
  showClosingTable(stage, {
    heading: { title: "step", width: 16 },
    rows: rows.map(({ title, checks, durationMs }) => ({ title, checks, time: formatDuration(durationMs) })),
    totalMs,
  });
}

export const pointers = [
  ["apps/v1-sync-helper/README.md", "every setting, field, reason and command"],
  ["apps/v1-sync-helper/demo", "these steps; --seed N: another foundation"],
  ["apps/v1-sync-helper/test", "the tests; random histories in test/sync"],
  ["apps/v1-sync-helper/chaos", "worse than this: pnpm chaos v1-sync-helper"],
  ["charts/lfx-v1-sync-helper", "on Kubernetes"],
  ["docs/bench/README.md", "how quick it is"],
] as const;
