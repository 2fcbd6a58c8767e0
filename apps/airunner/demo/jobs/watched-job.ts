// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, formatCount, formatDuration } from "@repo/tools/stage";
import type { CliResult, RunningCli } from "../cli.ts";
import { bytesFrom, compareBytes, median, readOutputs, readStamp } from "../compare.ts";
import {
  announce,
  jobIdIn,
  lookUp,
  type Rehearsal,
  type Row,
  showCommand,
  showLine,
  showRow,
} from "../rehearsal.ts";

const units = 20;
const burstLines = 100_000;

/** Units of work that say when they were done, then a long report; `tee` keeps what was really written. */
const script = `(i=0
while [ $i -lt ${units} ]; do
  i=$((i+1))
  printf '%s unit %02d of ${units} %s\\n' "$(date +%s%3N)" $i "$(printf '%*s' $i '' | tr ' ' '#')"
  sleep 0.15
done
seq -f 'row %06.0f of the report, which nobody reads but everybody keeps' 1 ${burstLines}
) | tee "$KEPT"`;

/** A job that has been watched, as its readers of later need it. */
export interface WatchedJob {
  readonly row: Row;
  readonly jobId: string;
  /** What its process wrote, by its own record. */
  readonly written: Buffer;
  /** From the first to the last byte that the reader got. */
  readonly shownMs: number;
}

/** A job that two readers watch: one from the start, one that comes late. */
export async function watchLive(rehearsal: Rehearsal, number: number): Promise<WatchedJob> {
  const { world, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "Watched live, by two",
    `${units} units of work, then ${formatCount(burstLines)} lines at once. At the right: how long each line took from the job's process through worker and server to the reader. A second reader comes in the middle. The job keeps a copy of what it writes, with which both are compared.`,
  );
  await mkdir(join(world.folder, "kept"), { recursive: true });
  const kept = join(world.folder, "kept", "watched");
  const args = ["--output-only", "--process-type=pipe", `--env=KEPT=${kept}`, "--", "sh", "-c"];
  showCommand(rehearsal, ["submit", ...args, "…"]);
  const live = world.cli("submit", ...args, script);
  const { late, jobId, lags, firstAtMs } = await showUnits(rehearsal, live);
  const [liveEnd, lateEnd, lastAtMs] = await stage.follow("the report", async (update) => {
    let atMs = firstAtMs;
    for (let line = await live.lines.next(); line !== undefined; line = await live.lines.next()) {
      atMs = line.atMs;
      update(formatBytes(live.receivedBytes));
    }
    return [await live.ended, await late.ended, atMs] as const;
  });
  const written = await readFile(kept);
  stage.note(
    `${formatBytes(written.length)} in all. From the job's process to the reader: ${formatDuration(median(lags))} in the middle, ${formatDuration(Math.max(...lags))} at most.`,
    4,
  );
  const page = await lookUp(rehearsal, jobId);
  const row = showRow(rehearsal, {
    title: "Watched live, by two",
    checks: [
      { what: "exit", expected: "0", actual: String(liveEnd.exit) },
      { what: "every byte live", expected: "the same", actual: compareBytes(written, liveEnd.bytes) },
      { what: "by the late reader", expected: "the same", actual: compareBytes(written, lateEnd.bytes) },
    ],
    attempts: page.attempts.length,
    exit: liveEnd.exit,
    durationMs: liveEnd.durationMs,
  });
  return { row, jobId, written, shownMs: lastAtMs - firstAtMs };
}

/** Shows the units as they come; in the middle the second reader is started. */
async function showUnits(rehearsal: Rehearsal, live: RunningCli) {
  const { world, stage } = rehearsal;
  const lags: number[] = [];
  let firstAtMs = 0;
  let second: { readonly late: RunningCli; readonly jobId: string } | undefined;
  while (lags.length < units) {
    const line = await live.lines.next();
    const stamped = line === undefined ? undefined : readStamp(line.text);
    if (line === undefined || stamped === undefined) {
      throw new Error(`The job's output is not what it should be: ${(await live.ended).stderr.trim()}`);
    }
    firstAtMs ||= line.atMs;
    const lagMs = line.atMs - stamped.writtenAtMs;
    lags.push(lagMs);
    showLine(rehearsal, `${stamped.text.padEnd(stage.width - 14)} ${`${lagMs} ms`.padStart(9)}`);
    if (lags.length === units / 2) {
      const jobId = jobIdIn(await submittedNote(live));
      const args = ["monitor", "--output-only", jobId];
      showCommand(rehearsal, args);
      second = { late: world.cli(...args), jobId };
    }
  }
  if (second === undefined) throw new Error("There was no second reader.");
  return { ...second, lags, firstAtMs };
}

/** The line that tells the job's id; with --output-only it goes to standard error. */
async function submittedNote({ notes }: RunningCli): Promise<string> {
  for (let note = await notes.next(); note !== undefined; note = await notes.next()) {
    if (note.text.includes("with ID: ")) return note.text;
  }
  return "";
}

const speed = 4;

/** The same job after its end: at once, at its own pace but quicker, and from the middle on. */
export async function replay(rehearsal: Rehearsal, number: number, job: WatchedJob): Promise<readonly Row[]> {
  const { world, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "Replayed",
    `The job is over, its log stays. Once more in its own rhythm, ${speed} times as fast; then from the middle on.`,
  );
  const playback = await read(rehearsal, ["--playback", `--speed=${speed}`, job.jobId]);
  const replayed = showRow(rehearsal, {
    title: `Replayed, ${speed} times as fast`,
    checks: [
      { what: "exit", expected: "0", actual: String(playback.exit) },
      { what: "every byte", expected: "the same", actual: compareBytes(job.written, playback.bytes) },
    ],
    attempts: 1,
    exit: playback.exit,
    durationMs: playback.durationMs,
  });
  stage.note(`What took ${formatDuration(job.shownMs)} live.`, 4);

  const outputs = readOutputs((await world.run("monitor", "--json", job.jobId)).text);
  const from = outputs[Math.floor(outputs.length / 2)]?.sequence ?? 0;
  const tail = bytesFrom(outputs, from);
  const resumed = await read(rehearsal, [`--from-sequence=${from}`, job.jobId]);
  const rest = job.written.subarray(job.written.length - tail.length);
  return [
    replayed,
    showRow(rehearsal, {
      title: "Resumed in the middle",
      checks: [
        { what: "exit", expected: "0", actual: String(resumed.exit) },
        {
          what: "first byte",
          expected: formatCount(job.written.length - tail.length),
          actual: formatCount(job.written.length - resumed.bytes.length),
        },
        { what: "the rest", expected: "the same", actual: compareBytes(rest, resumed.bytes) },
      ],
      attempts: 1,
      exit: resumed.exit,
      durationMs: resumed.durationMs,
    }),
  ];
}

async function read(rehearsal: Rehearsal, args: readonly string[]): Promise<CliResult> {
  const command = ["monitor", "--output-only", ...args];
  showCommand(rehearsal, command);
  const running = rehearsal.world.cli(...command);
  return rehearsal.stage.follow("reading", async (update) => {
    for (let line = await running.lines.next(); line !== undefined; line = await running.lines.next()) {
      update(readStamp(line.text)?.text ?? formatBytes(running.receivedBytes));
    }
    return running.ended;
  });
}
