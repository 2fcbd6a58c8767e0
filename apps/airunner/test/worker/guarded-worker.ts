// SPDX-License-Identifier: Apache-2.0
import { createJobEnvironment } from "../../src/worker/process/environment.ts";
import { startGuard } from "../../src/worker/process/guard.ts";
import { startProcess } from "../../src/worker/process/start-process.ts";

// A small worker for guard.test.ts: `node guarded-worker.ts <marker> [leave]` runs two jobs, says when they run, and
// waits to be killed, saying so again with each new guard; with "leave" it stops them and ends by itself.
const [, , marker = "", how] = process.argv;
const guard = await startGuard({ onLost: () => void tellNext() });
const jobs = await Promise.all(
  (["pipe", "pty"] as const).map((mode) =>
    startProcess({
      command: "sh",
      args: [
        "-c",
        "trap '' TERM HUP; setsid sh -c 'env -u HOME sleep 1000 & sleep 1000' & env -i /bin/sleep 1000 & echo up; wait",
      ],
      env: createJobEnvironment({ worker: process.env, job: {}, jobId: marker, attempt: 1, mode }),
      cwd: "/",
      mode,
      killGraceMs: 0,
      outputGraceMs: 0,
      marker: `${marker}.${mode}`,
      guard,
      onOutput: () => undefined,
    }),
  ),
);
tell();
if (how === "leave") {
  for (const job of jobs) job.stop("shutdown");
  await Promise.all(jobs.map((job) => job.ended));
  await guard[Symbol.asyncDispose]();
} else {
  setInterval(() => undefined, 60_000);
}

function tell(): void {
  process.stdout.write(`${JSON.stringify({ guard: guard.pid, leaders: jobs.map((job) => job.pid) })}\n`);
}

async function tellNext(): Promise<void> {
  // Its answer says that it has heard all that it was told before.
  await guard.watch(`${marker}.probe`);
  tell();
}
