// SPDX-License-Identifier: Apache-2.0
// `pnpm bench http-retry`: what a request costs beside bare undici. Options: --rounds N.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchCase, type BenchReport, cpuPerOperation, publishReport, runBench } from "@repo/bench";
import { Pool } from "undici";
import { createConcurrencyLimit, createHttpClient } from "../src/index.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });

const operations = 5000;
/** Requests under way at any time, each on a connection of its own. */
const concurrency = 16;

const child = fork(join(import.meta.dirname, "answering-server.ts"));
const [address] = await once(child, "message");
const origin = `http://127.0.0.1:${String(address.port)}`;

const pool = new Pool(origin, { connections: concurrency, allowH2: false });
const plain = createHttpClient({ origin, maxConnections: concurrency });
const signed = createHttpClient({
  origin,
  maxConnections: concurrency,
  headers: { "user-agent": "bench" },
  sign: async () => ({ authorization: "Bearer of-a-token" }),
});
const limited = createHttpClient({
  origin,
  maxConnections: concurrency,
  headers: { "user-agent": "bench" },
  sign: async () => ({ authorization: "Bearer of-a-token" }),
  concurrency: createConcurrencyLimit({ start: concurrency, max: concurrency }),
});
/** Half of the requests wait for their turn, as when a service takes less than there is to do. */
const waiting = createHttpClient({
  origin,
  maxConnections: concurrency,
  headers: { "user-agent": "bench" },
  sign: async () => ({ authorization: "Bearer of-a-token" }),
  concurrency: createConcurrencyLimit({ start: concurrency / 2, max: concurrency / 2 }),
});
// As a service has one that outlives all its requests.
const { signal } = new AbortController();
const post = { method: "POST", path: "/projects", body: JSON.stringify({ name: "x".repeat(1000) }) };
const headers = { "content-type": "application/json" };

function measured(name: string, request: () => Promise<unknown>): BenchCase {
  const run = async (count: number) => {
    let begun = 0;
    const worker = async () => {
      while (begun++ < count) await request();
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
  return { name, sample: cpuPerOperation(operations, run) };
}

/** What hand-written code must do at least: end the request after its time, and with the service's signal. */
async function guarded(): Promise<unknown> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 30_000);
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const response = await pool.request({ method: "GET", path: "/projects", signal: controller.signal });
    return await response.body.bytes();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

const report = await runBench({
  name: "http-retry",
  title: "A request, beside bare undici",
  rounds: Number(values.rounds),
  groups: [
    {
      title: "GET",
      unit: "CPU µs/request",
      cases: [
        measured("Pool.request", async () =>
          (await pool.request({ method: "GET", path: "/projects" })).body.bytes(),
        ),
        measured("Pool.request, time limit and signal", guarded),
        measured("http-retry", () => plain.request({ method: "GET", path: "/projects" })),
        measured("http-retry, signal", () => plain.request({ method: "GET", path: "/projects", signal })),
        measured("http-retry, signal, signed", () =>
          signed.request({ method: "GET", path: "/projects", signal }),
        ),
        measured("http-retry, signal, signed, concurrency limit", () =>
          limited.request({ method: "GET", path: "/projects", signal }),
        ),
        measured("http-retry, signal, signed, limit of half as many", () =>
          waiting.request({ method: "GET", path: "/projects", signal }),
        ),
      ],
    },
    {
      title: "POST of 1 kB, answer parsed",
      unit: "CPU µs/request",
      cases: [
        measured("Pool.request", async () => (await pool.request({ ...post, headers })).body.json()),
        measured("http-retry", async () => (await plain.request({ ...post, headers })).json()),
        measured("http-retry, signal, signed", async () =>
          (await signed.request({ ...post, headers, signal })).json(),
        ),
      ],
    },
  ],
});

function median(group: number, name: string): number {
  return report.groups[group]?.figures.find((figure) => figure.name === name)?.median ?? Number.NaN;
}

function added(group: number, name = "http-retry, signal, signed"): string {
  const cost = median(group, name) - median(group, "Pool.request");
  return `${cost < 0 ? "" : "+"}${cost.toFixed(1)} µs`;
}

const notes = [
  `${concurrency} requests under way, an answer of 600 bytes, the server in another process. Every request of http-retry has a time limit, a total limit, a size limit, classification and budget.`,
  `The dearest form (signal, signed by an asynchronous function) against bare Pool.request, which has none of them: GET ${added(0)}, POST ${added(1)}; the target is below +5 µs. http-retry works on dispatch, the layer below Pool.request, and so saves the stream object per answer.`,
  `Under a concurrency limit that is used up: GET ${added(0, "http-retry, signal, signed, concurrency limit")}; under one that lets every second request wait for its turn: ${added(0, "http-retry, signal, signed, limit of half as many")}.`,
];
const full: BenchReport = { ...report, notes };
await publishReport(full);

await pool.close();
for (const client of [plain, signed, limited, waiting]) await client[Symbol.asyncDispose]();
child.disconnect();
