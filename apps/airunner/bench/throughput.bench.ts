// SPDX-License-Identifier: Apache-2.0
// `pnpm bench airunner throughput`: enqueue, dequeue and complete, and how soon a waiting worker has a job.

import { join } from "node:path";
import { cpuSecondsOf } from "@repo/bench";
import { runExecutable } from "@repo/testkit/process";
import { complete, type Delivery, dequeue, enqueue } from "./support/calls.ts";
import { publish } from "./support/document.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { measureContenders, type Sample } from "./support/race.ts";
import { inParallel, RawConnection } from "./support/raw-connection.ts";
import type { BenchServer } from "./support/server.ts";

const jobs = 10_000;
const connections = 16;
const pickUps = 300;

async function openAll(server: Pick<BenchServer, "url" | "ca">): Promise<readonly RawConnection[]> {
  return Promise.all(Array.from({ length: connections }, () => RawConnection.open(server.url, server.ca)));
}

function pick(lanes: readonly RawConnection[], lane: number): RawConnection {
  const connection = lanes[lane % lanes.length];
  if (connection === undefined) throw new Error("no connection");
  return connection;
}

/** Runs `operations` calls; gives their rate and what each cost the server. */
async function timed(
  server: Pick<BenchServer, "pid">,
  name: string,
  run: (index: number, lane: number) => Promise<void>,
): Promise<readonly Sample[]> {
  const cpuBefore = cpuSecondsOf(server.pid);
  const startedAt = performance.now();
  await inParallel(jobs, connections, run);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuMicros = ((cpuSecondsOf(server.pid) - cpuBefore) * 1e6) / jobs;
  return [
    { group: "rate, calls/s", name, value: jobs / seconds },
    { group: "server CPU, µs/call", name, value: cpuMicros },
  ];
}

/** The same client against a server that only answers: what is possible on this machine at this moment. */
async function measureBare({ ca, folder }: BenchServer): Promise<readonly Sample[]> {
  await using echo = await runExecutable({
    file: join(import.meta.dirname, "support/echo-server.ts"),
    args: [folder],
    diesWithParent: true,
  });
  const port = (await echo.stdout.waitForLine(/^port /)).slice(5);
  const lanes = await openAll({ url: `https://127.0.0.1:${port}`, ca });
  try {
    const body = Buffer.alloc(100, "x");
    return await timed(echo, "bare Node HTTP/2, an answer of 60 bytes", async (_, lane) => {
      await pick(lanes, lane).unary("/", body);
    });
  } finally {
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
  }
}

async function measureRates(server: BenchServer, round: number): Promise<readonly Sample[]> {
  const lanes = await openAll(server);
  try {
    const queue = `bench-${round}`;
    const deliveries: Delivery[] = [];
    const enqueued = await timed(server, "enqueue", async (index, lane) => {
      await enqueue(pick(lanes, lane), queue, `${queue}-${index}`);
    });
    const dequeued = await timed(server, "dequeue", async (index, lane) => {
      deliveries[index] = await dequeue(pick(lanes, lane), queue);
    });
    const completed = await timed(server, "complete", async (index, lane) => {
      await complete(pick(lanes, lane), deliveries[index] ?? { jobId: "", token: "" });
    });
    if (new Set(deliveries.map(({ jobId }) => jobId)).size !== jobs)
      throw new Error("a job was handed out twice");
    return [...enqueued, ...dequeued, ...completed];
  } finally {
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
  }
}

/** From the call that submits a job to its arrival at a worker that waits; milliseconds. */
async function measurePickUp(server: BenchServer, round: number): Promise<readonly Sample[]> {
  await using worker = await RawConnection.open(server.url, server.ca);
  await using submitter = await RawConnection.open(server.url, server.ca);
  const waits: number[] = [];
  for (let index = 0; index < pickUps; index += 1) {
    const queue = `pick-up-${round}`;
    const taken = dequeue(worker, queue).then((delivery) => ({ delivery, at: performance.now() }));
    // The worker's call must be waiting before the job comes, else the queue's head is measured and not the wake-up.
    await server.untilWorkerWaits(queue);
    const startedAt = performance.now();
    await enqueue(submitter, queue, `${queue}-${index}`);
    const { delivery, at } = await taken;
    waits.push(at - startedAt);
    await complete(submitter, delivery);
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN;
  return [
    { group: "pick-up, ms", name: "p50", value: at(0.5) },
    { group: "pick-up, ms", name: "p99", value: at(0.99) },
  ];
}

async function main(options: BenchOptions): Promise<void> {
  await publish(
    await measureContenders({
      name: "airunner-throughput",
      title: "airunner: calls of submitters and workers",
      options,
      measure: async (server, round) => [
        ...(await measureBare(server)),
        ...(await measureRates(server, round)),
        ...(await measurePickUp(server, round)),
      ],
      isMoreBetter: (group) => group === "rate, calls/s",
      notes: [
        `${jobs.toLocaleString("en-US")} jobs over ${connections} TLS connections with one call under way on each; the client shares the machine with the server and costs about as much.`,
        "The bare server is measured in the same rounds: rates of machines, and of one machine at different hours, differ by several times, the ratio does not.",
        `Pick-up: ${pickUps} jobs submitted one by one while a worker waits.`,
      ],
    }),
  );
}

const options = readBenchOptions(5);
if (options !== undefined) await main(options);
