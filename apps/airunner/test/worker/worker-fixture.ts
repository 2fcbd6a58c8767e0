// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { createJobClients } from "../../src/client/create-clients.ts";
import type { WorkQueue } from "../../src/worker/job-server.ts";
import { type StartWorkerOptions, startWorker } from "../../src/worker/start-worker.ts";
import type { WorkerLog } from "../../src/worker/worker-services.ts";

export interface LogLine {
  readonly level: keyof WorkerLog;
  readonly fields: object;
  readonly message: string;
}

/** A worker that runs in this process. */
export interface TestWorker extends AsyncDisposable {
  readonly workspace: string;
  readonly spoolFolder: string;
  readonly lines: readonly LogLine[];
  /** Settles when the worker has stopped. */
  readonly done: Promise<void>;
  /** As SIGTERM. */
  drain(): void;
  /** As a second signal. */
  force(): void;
  /** Names of what is in the workspace now. */
  workspaceEntries(): Promise<string[]>;
  /** Files of spools that are there now. */
  spools(): Promise<string[]>;
}

export interface TestWorkerOptions extends Partial<StartWorkerOptions> {
  readonly address: string;
  /** Kept by the caller; default: folders of this worker's own. */
  readonly folder?: string;
}

const oneQueue: readonly WorkQueue[] = [{ queue: "default", weight: 1 }];

export async function testWorker(options: TestWorkerOptions): Promise<TestWorker> {
  const stack = new AsyncDisposableStack();
  const folder = options.folder ?? stack.use(await testDirectory("worker")).path;
  const [workspace, spoolFolder] = [join(folder, "workspace"), join(folder, "spool")];
  await mkdir(workspace, { recursive: true });
  const clients = stack.use(createJobClients({ server: options.address }));
  const [drain, force] = [new AbortController(), new AbortController()];
  const lines: LogLine[] = [];
  const write =
    (level: keyof WorkerLog) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message });
  const done = startWorker({
    queues: oneQueue,
    leaseSeconds: 300,
    concurrency: 1,
    name: "test worker",
    drainMs: 60_000,
    killGraceMs: 2000,
    outputGraceMs: 300,
    env: { PATH: process.env["PATH"], HOME: folder, AIRUNNER_TOKEN: "a secret" },
    envAllow: [],
    canTokenChange: true,
    ...options,
    workspace,
    spoolFolder,
    clients,
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    drain: drain.signal,
    force: force.signal,
  });
  // Looked at by whoever awaits it; a test that does not must not be ended by it.
  done.catch(() => undefined);
  return {
    workspace,
    spoolFolder,
    lines,
    done,
    drain: () => drain.abort(new Error("test")),
    force: () => force.abort(new Error("test")),
    workspaceEntries: () => readdir(workspace),
    spools: async () => (await readdir(spoolFolder)).filter((name) => name.includes(".spool")),
    async [Symbol.asyncDispose]() {
      drain.abort(new Error("test"));
      force.abort(new Error("test"));
      await done.catch(() => undefined);
      await stack.disposeAsync();
    },
  };
}
