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

const script = `trap 'echo "told to stop: cleaning up"; exit 1' TERM
echo working
while :; do sleep 0.1; done`;

/** A job that would run for ever, and is cancelled. */
export async function cancelJob(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { world } = rehearsal;
  announce(
    rehearsal,
    number,
    "Cancelled",
    "It would run for ever. Its process gets SIGTERM, and time to clean up before SIGKILL.",
  );
  const args = ["--process-type=pipe", "--", "sh", "-c"];
  showCommand(rehearsal, ["submit", ...args, "…"]);
  const running = world.cli("submit", ...args, script);
  let jobId = "";
  for (let line = await running.lines.next(); line !== undefined; line = await running.lines.next()) {
    if (line.text.includes("with ID: ")) jobId = jobIdIn(line.text);
    if (!line.text.includes("Submitt") && !/^(Job submitted|Streaming|=====)/.test(line.text)) {
      showLine(rehearsal, line.text);
    }
    if (line.text === "working") {
      const cancel = ["cancel", jobId, "--reason=not needed any more"];
      showCommand(rehearsal, cancel);
      showLine(rehearsal, (await world.run(...cancel)).text.trim());
    }
  }
  const result = await running.ended;
  const page = await lookUp(rehearsal, jobId);
  return showRow(rehearsal, {
    title: "Cancelled",
    checks: [
      { what: "exit", expected: "130", actual: String(result.exit) },
      { what: "state", expected: "cancelled", actual: stateOf(page) },
      {
        what: "cleaned up",
        expected: "yes",
        actual: result.text.includes("cleaning up") ? "yes" : "no",
      },
    ],
    attempts: page.attempts.length,
    exit: result.exit,
    durationMs: result.durationMs,
  });
}
