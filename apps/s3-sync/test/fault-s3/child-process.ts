// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { request } from "undici";
import { z } from "zod";
import type { FaultS3Admin } from "./admin.ts";
import type { FaultS3Options } from "./server.ts";

/** A server in a process of its own, so that its work does not count as the measured program's. */
export interface FaultS3Process extends FaultS3Admin, AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
}

export type FaultS3ProcessOptions = Pick<
  FaultS3Options,
  "port" | "region" | "buckets" | "latencyMs" | "etags" | "seed"
>;

const readySchema = z.object({ endpoint: z.string(), control: z.string(), pid: z.number() });

/**
 * Starts `main.ts` with this Node and the default credentials. It ends with the disposal, and with this process.
 *
 * @throws {Error} with what the server wrote, when it does not come up
 */
export async function startFaultS3Process(options: FaultS3ProcessOptions = {}): Promise<FaultS3Process> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...toArguments(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ready = await readyLine(child);
  return new RunningProcess(child, ready);
}

function toArguments({
  port = 0,
  region = "us-east-1",
  buckets = [],
  latencyMs = 0,
  etags,
  seed = 1,
}: FaultS3ProcessOptions) {
  return [
    `--port=${port}`,
    `--region=${region}`,
    `--latency=${latencyMs}`,
    `--seed=${seed}`,
    ...buckets.map((bucket) => `--bucket=${bucket}`),
    ...(etags === "opaque" ? ["--opaque-etags"] : []),
  ];
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

async function readyLine(child: Child): Promise<z.output<typeof readySchema>> {
  for await (const line of createInterface({ input: child.stdout }))
    return readySchema.parse(JSON.parse(line));
  throw new Error("The fault server ended before it was ready; its message stands above.");
}

class RunningProcess implements FaultS3Process {
  readonly endpoint: string;
  readonly pid: number;
  readonly #child: Child;
  readonly #control: string;

  constructor(child: Child, { endpoint, control, pid }: z.output<typeof readySchema>) {
    this.#child = child;
    this.endpoint = endpoint;
    this.pid = pid;
    this.#control = control;
  }

  counts: FaultS3Admin["counts"] = () => this.#call("counts");
  log: FaultS3Admin["log"] = () => this.#call("log");
  clearLog: FaultS3Admin["clearLog"] = () => this.#call("clearLog");
  createBucket: FaultS3Admin["createBucket"] = (bucket) => this.#call("createBucket", bucket);
  objects: FaultS3Admin["objects"] = (bucket, prefix) => this.#call("objects", bucket, prefix ?? "");
  pendingUploads: FaultS3Admin["pendingUploads"] = (bucket) => this.#call("pendingUploads", bucket);
  put: FaultS3Admin["put"] = (options) => this.#call("put", options);
  deleteUnder: FaultS3Admin["deleteUnder"] = (bucket, prefix) => this.#call("deleteUnder", bucket, prefix);
  seed: FaultS3Admin["seed"] = (options) => this.#call("seed", options);
  copyBucket: FaultS3Admin["copyBucket"] = (from, to) => this.#call("copyBucket", from, to);
  setFaults: FaultS3Admin["setFaults"] = (rules) => this.#call("setFaults", rules);
  setLatency: FaultS3Admin["setLatency"] = (ms) => this.#call("setLatency", ms);

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }

  async #call<Name extends keyof FaultS3Admin>(
    name: Name,
    ...args: Parameters<FaultS3Admin[Name]>
  ): Promise<Awaited<ReturnType<FaultS3Admin[Name]>>>;
  async #call(name: string, ...args: unknown[]): Promise<unknown> {
    const { statusCode, body } = await request(`${this.#control}/${name}`, {
      method: "POST",
      body: JSON.stringify(args),
    });
    if (statusCode !== 200) throw new Error(`fault-s3 refused ${name}: ${await body.text()}`);
    return body.json();
  }
}
