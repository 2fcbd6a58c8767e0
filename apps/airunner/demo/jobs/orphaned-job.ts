// SPDX-License-Identifier: Apache-2.0
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { formatDuration } from "@repo/tools/stage";
import type { RunningCli } from "../cli.ts";
import { isRunning } from "../processes.ts";
import {
  announce,
  jobIdIn,
  lookUp,
  type Rehearsal,
  type Row,
  showCommand,
  showLine,
  showRow,
  stateOf,
} from "../rehearsal.ts";
import { leaseSeconds } from "../world.ts";

const lines = 12;
const killAfter = 4;

/**
 * Each attempt notes its process, and looks whether that of the one before still runs. Neither the process nor its
 * helper would end by itself because its worker does: one ignores that nobody reads, the other writes nothing.
 */
const script = `if [ -e "$NOTES/pid" ]; then
  case "$(awk '{ print $3 }' "/proc/$(cat "$NOTES/pid")/stat" 2>/dev/null)" in
    '' | Z | X) echo "the first process is gone" ;;
    *) echo "the first process still runs" ;;
  esac
fi
echo $$ > "$NOTES/pid"
trap '' PIPE
setsid sleep 600 > /dev/null 2>&1 &
echo "process $$, and a helper in a session of its own: $!"
i=0
while [ $i -lt ${lines} ]; do i=$((i+1)); echo "attempt $AIRUNNER_ATTEMPT: part $i of ${lines}"; sleep 0.15; done`;

/** A job whose worker is killed in the middle; the other one finishes it. */
export async function finishOrphan(
  rehearsal: Rehearsal,
  number: number,
): Promise<{ readonly row: Row; readonly jobId: string }> {
  const { world } = rehearsal;
  announce(
    rehearsal,
    number,
    "Its worker is killed",
    `After part ${killAfter} its worker gets SIGKILL. A guard process ends what the worker had started; after its lease of ${leaseSeconds} s the job goes to the other worker. The reader needs to do nothing.`,
  );
  const notes = join(world.folder, "notes");
  await mkdir(notes, { recursive: true });
  const args = ["--process-type=pipe", `--env=NOTES=${notes}`, "--", "sh", "-c"];
  showCommand(rehearsal, ["submit", ...args, "…"]);
  const running = world.cli("submit", ...args, script);
  const jobId = jobIdIn(await showUntil(rehearsal, running, (text) => text.includes("with ID: ")));
  const pids = (await showUntil(rehearsal, running, (text) => text.startsWith("process "))).match(/\d+/g);
  await showUntil(rehearsal, running, (text) => text.includes(`part ${killAfter} of`));
  const killed = await killWorker(rehearsal, jobId, (pids ?? []).map(Number));
  const next = await rehearsal.stage.follow(
    `nobody has the job until its lease of ${leaseSeconds} s ends`,
    () => running.lines.next(),
  );
  if (next !== undefined) showLine(rehearsal, next.text);
  await showUntil(rehearsal, running, () => false);
  const result = await running.ended;
  const page = await lookUp(rehearsal, jobId);
  const first = await partsOf(rehearsal, jobId, 1);
  const second = await partsOf(rehearsal, jobId, 2);
  const row = showRow(rehearsal, {
    title: "Its worker is killed",
    checks: [
      { what: "exit", expected: "0", actual: String(result.exit) },
      { what: "state", expected: "completed", actual: stateOf(page) },
      {
        what: "finished by",
        expected: killed.name === "worker-1" ? "worker-2" : "worker-1",
        actual: page.attempts.at(-1)?.worker ?? "nobody",
      },
      { what: "left by the killed one", expected: "0", actual: String(killed.left) },
      {
        what: "two at once",
        expected: "no",
        actual: result.text.includes("the first process is gone") ? "no" : "yes",
      },
      {
        what: "log of the first attempt",
        expected: "without a gap",
        actual: isWhole(first) && first.length >= killAfter ? "without a gap" : first.join(" "),
      },
      {
        what: "of the second",
        expected: `all ${lines} parts`,
        actual: isWhole(second) && second.length === lines ? `all ${lines} parts` : second.join(" "),
      },
    ],
    attempts: page.attempts.length,
    exit: result.exit,
    durationMs: result.durationMs,
  });
  return { row, jobId };
}

/** Shows lines up to the first that matches, or the last; returns that. */
async function showUntil(
  rehearsal: Rehearsal,
  running: RunningCli,
  isIt: (text: string) => boolean,
): Promise<string> {
  for (let line = await running.lines.next(); line !== undefined; line = await running.lines.next()) {
    if (!/^(Submitting job|Streaming events|=====)/.test(line.text)) showLine(rehearsal, line.text);
    if (isIt(line.text)) return line.text;
  }
  return "";
}

async function killWorker(rehearsal: Rehearsal, jobId: string, pids: readonly number[]) {
  const { world, stage } = rehearsal;
  const name = (await lookUp(rehearsal, jobId)).attempts.at(-1)?.worker ?? "";
  const worker = world.workers.get(name);
  if (worker === undefined) throw new Error(`The job runs at ${name}, which is none of our workers.`);
  stage.print(`  ${stage.style("yellow", `kill -KILL ${worker.process.pid}   # ${name}`)}`);
  const killedAt = performance.now();
  worker.process.kill("SIGKILL");
  const { signal } = world;
  const areGone = waitFor(() => !pids.some(isRunning), { deadlineMs: 5_000, everyMs: 5, signal });
  const inTime = await areGone.catch(() => false);
  const ms = performance.now() - killedAt;
  const what = `${pids.join(" and ")}, the job's process and its helper`;
  stage.mark(inTime, `${what}, ${inTime ? "ended" : "still run"} ${formatDuration(ms)} after the worker`);
  return { name, left: pids.filter(isRunning).length };
}

/** The numbers of the parts in an attempt's log. */
async function partsOf({ world }: Rehearsal, jobId: string, attempt: number): Promise<readonly number[]> {
  const { text } = await world.run("monitor", "--output-only", "--exit-zero", `--attempt=${attempt}`, jobId);
  return [...text.matchAll(/^attempt \d: part (\d+) of/gm)].map(([, part]) => Number(part));
}

function isWhole(parts: readonly number[]): boolean {
  return parts.every((part, index) => part === index + 1);
}
