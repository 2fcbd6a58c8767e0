// SPDX-License-Identifier: Apache-2.0
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

const look = `tty >/dev/null && echo "a terminal of $(stty size)"; env | cut -d= -f1 | sort | xargs`;

/** A command alone, in a terminal of its own. */
export async function runCommandJob(rehearsal: Rehearsal, number: number): Promise<Row> {
  announce(
    rehearsal,
    number,
    "A command",
    "It runs in a terminal of its own, and tells which variables it sees: none of its worker's, above all no token.",
  );
  const { result, page } = await submit(rehearsal, ["--", "sh", "-c", look]);
  const names = result.text.split(/\s+/);
  return showRow(rehearsal, {
    title: "A command",
    checks: [
      { what: "exit", expected: "0", actual: String(result.exit) },
      { what: "state", expected: "completed", actual: stateOf(page) },
      {
        what: "terminal",
        expected: "yes",
        actual: result.text.includes("a terminal of 24 80") ? "yes" : "no",
      },
      {
        what: "tokens seen",
        expected: "0",
        actual: String(names.filter((name) => /TOKEN|SECRET|KEY/.test(name)).length),
      },
    ],
    attempts: page.attempts.length,
    exit: result.exit,
    durationMs: result.durationMs,
  });
}

/** A repository that says itself how it is run. */
export async function runRepositoryJob(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { repository } = rehearsal.world;
  announce(
    rehearsal,
    number,
    "A repository",
    "The worker checks it out over HTTP and runs what its .airunner.yaml says: sh check.sh.",
  );
  const { result, page } = await submit(rehearsal, [repository.url]);
  return showRow(rehearsal, {
    title: "A repository",
    checks: [
      { what: "exit", expected: "0", actual: String(result.exit) },
      {
        what: "commit",
        expected: repository.commitSha.slice(0, 7),
        actual: (/^at commit ([0-9a-f]{40})$/m.exec(result.text)?.[1] ?? "unknown").slice(0, 7),
      },
      {
        what: "checksum of its data",
        expected: repository.digest.slice(0, 7),
        actual: (/^([0-9a-f]{64}) {2}readings\.csv$/m.exec(result.text)?.[1] ?? "unknown").slice(0, 7),
      },
    ],
    attempts: page.attempts.length,
    exit: result.exit,
    durationMs: result.durationMs,
  });
}

/** A failure, told as one. */
export async function runFailingJob(rehearsal: Rehearsal, number: number): Promise<Row> {
  announce(
    rehearsal,
    number,
    "A failing one",
    "The command exits with 3, and so does whoever waits for it: a CI step fails as if it had run the command itself.",
  );
  const script = 'echo "2 of 3 tests passed" >&2; exit 3';
  const { result, page } = await submit(rehearsal, ["--", "sh", "-c", script]);
  return showRow(rehearsal, {
    title: "A failing one",
    checks: [
      { what: "exit", expected: "3", actual: String(result.exit) },
      { what: "state", expected: "failed", actual: stateOf(page) },
      { what: "exit code on record", expected: "3", actual: String(page.job.result?.exitCode) },
    ],
    attempts: page.attempts.length,
    exit: result.exit,
    durationMs: result.durationMs,
  });
}

/** Submits, shows what the job does as it comes, and looks the job up. */
async function submit(rehearsal: Rehearsal, args: readonly string[]) {
  const { world } = rehearsal;
  const command = ["submit", ...args];
  showCommand(rehearsal, command);
  const running = world.cli(...command);
  let isJob = false;
  for (let line = await running.lines.next(); line !== undefined; line = await running.lines.next()) {
    if (isJob) showLine(rehearsal, line.text);
    isJob ||= line.text.startsWith("=====");
  }
  const result = await running.ended;
  if (!isJob) throw new Error(`airunner-cli submit ended with ${result.exit}: ${result.stderr.trim()}`);
  return { result, page: await lookUp(rehearsal, jobIdIn(result.text)) };
}
