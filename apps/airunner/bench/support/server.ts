// SPDX-License-Identifier: Apache-2.0

import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cpuSecondsOf } from "@repo/bench";
import { testDirectory } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { requireBundle, startAirunner } from "../../test/support/airunner.ts";
import { waitingWorkers } from "./calls.ts";
import { RawConnection } from "./raw-connection.ts";

/** A server that is measured, without authentication, over TLS. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly pid: number;
  /** Where its certificate and key are: server.pem, server-key.pem. */
  readonly folder: string;
  cpuSeconds(): number;
  /** Returns once a worker's call for jobs of the queue waits in the server. */
  untilWorkerWaits(queue: string): Promise<void>;
}

/** @param command of another server, see `--against`; ours where it is `undefined` */
export function startBenchServer(command: string | undefined): Promise<BenchServer> {
  return command === undefined ? startOurs() : startOther(command);
}

async function startOurs(): Promise<BenchServer> {
  const airunner = await startAirunner({ hasAuth: false });
  const { server: url, ca } = airunner;
  const observer = await RawConnection.open(url, ca);
  return {
    url,
    ca,
    pid: airunner.process.pid,
    folder: dirname(airunner.caFile),
    cpuSeconds: () => cpuSecondsOf(airunner.process.pid),
    async untilWorkerWaits(queue) {
      while ((await waitingWorkers(observer, queue)) === 0) await setTimeout(1);
    },
    async [Symbol.asyncDispose]() {
      await observer[Symbol.asyncDispose]();
      await airunner[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A server that cannot be asked who waits: a pause of random length, so that its polls are met at any phase. */
async function startOther(command: string): Promise<BenchServer> {
  const directory = await testDirectory("bench-airunner");
  const certificate = await runExecutable({
    file: requireBundle("airunner-server"),
    args: ["cert", "--dir", directory.path],
  });
  await certificate.waitForExit();
  const listen = `127.0.0.1:${await freePort()}`;
  const values: Record<string, string> = {
    listen,
    cert: join(directory.path, "server.pem"),
    key: join(directory.path, "server-key.pem"),
  };
  const [file = "", ...args] = command
    .split(" ")
    .map((word) => word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole));
  const child: Executable = await runExecutable({ file, args, keepLines: 20, diesWithParent: true });
  const ca = await readFile(join(directory.path, "ca.pem"), "utf8");
  const url = `https://${listen}`;
  await untilReachable(url, ca, child);
  return {
    url,
    ca,
    pid: child.pid,
    folder: directory.path,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    untilWorkerWaits: () => setTimeout(20 + Math.random() * 500),
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function untilReachable(url: string, ca: string, child: Executable): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await (await RawConnection.open(url, ca))[Symbol.asyncDispose]();
      return;
    } catch (error) {
      if (child.exit !== undefined || Date.now() > deadline)
        throw new Error(`The other server is not reachable at ${url}:\n${child.stderr.text}`, {
          cause: error,
        });
      await setTimeout(50);
    }
  }
}
