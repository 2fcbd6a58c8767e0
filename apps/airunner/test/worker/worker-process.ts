// SPDX-License-Identifier: Apache-2.0
import { createJobClients } from "../../src/client/create-clients.ts";
import { startWorker } from "../../src/worker/start-worker.ts";

// A worker in a process of its own, to be killed: node worker-process.ts <server> <folder>
const [server = "", folder = ""] = process.argv.slice(2);
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const never = new AbortController().signal;
using clients = createJobClients({ server });
await startWorker({
  clients,
  log,
  queues: [{ queue: "default", weight: 1 }],
  leaseSeconds: 300,
  concurrency: 2,
  name: "to be killed",
  workspace: `${folder}/workspace`,
  spoolFolder: `${folder}/spool`,
  drainMs: 1000,
  killGraceMs: 1000,
  env: { PATH: process.env["PATH"] },
  envAllow: [],
  canTokenChange: true,
  drain: never,
  force: never,
});
