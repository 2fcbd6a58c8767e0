// SPDX-License-Identifier: MIT
import { freePort, waitFor } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { request } from "undici";
import { requireBundle } from "../../test/support/bundle.ts";
import type { Platform } from "./platform.ts";

/** A running program: ours as its image starts it, or another that takes the same variables. */
export interface Instance extends AsyncDisposable {
  readonly pid: number;
  readonly metrics: () => Promise<Metrics>;
  /** Waits until nothing is worked on and the consumer has nothing left. */
  readonly untilIdle: () => Promise<void>;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
}

/** Sums over all labels, by a metric's name in `/metrics`. */
export type Metrics = (name: string, labels?: RegExp) => number;

export interface InstanceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** See `--against`; default: the bundle. */
  readonly command?: string | undefined;
  /** Before the script, for ours alone. */
  readonly nodeArgs?: readonly string[];
}

/** @throws {BundleMissingError} */
export async function startInstance(platform: Platform, options: InstanceOptions = {}): Promise<Instance> {
  const { command, nodeArgs = [] } = options;
  const port = String(await freePort());
  const env = { ...platform.env, ...options.env, PORT: port };
  const common = { env, keepLines: 20, diesWithParent: true };
  const [file = "", ...args] = command?.split(" ") ?? [];
  const child = await (command === undefined
    ? runExecutable({ ...common, file: requireBundle(), nodeArgs: ["--enable-source-maps", ...nodeArgs] })
    : runExecutable({ ...common, file, args, inheritEnv: ["PATH"] }));
  const instance = toInstance(child, `http://127.0.0.1:${port}`);
  try {
    await waitFor(
      async () => {
        if (child.exit !== undefined) throw new Error(`The program ended:\n${child.stdout.text}`);
        return await isReady(port);
      },
      { deadlineMs: 30_000, what: "a ready instance" },
    );
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
  return instance;
}

async function isReady(port: string): Promise<true | undefined> {
  const answer = await request(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  await answer?.body.dump();
  return answer?.statusCode === 200 ? true : undefined;
}

function toInstance(child: Executable, origin: string): Instance {
  async function metrics(): Promise<Metrics> {
    const { body } = await request(`${origin}/metrics`);
    const lines = (await body.text()).split("\n");
    return (name, labels = /^/) =>
      lines
        .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && labels.test(line))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  return {
    pid: child.pid,
    metrics,
    untilIdle: async () => {
      const names = ["in_flight", "waiting", "consumer_pending", "consumer_ack_pending"];
      await waitFor(
        async () => {
          const read = await metrics();
          return names.every((name) => read(`v1_sync_${name}`) === 0) ? true : undefined;
        },
        { deadlineMs: 60_000, what: "an idle instance" },
      );
    },
    stop: async () => {
      child.kill("SIGTERM");
      await child.waitForExit({ deadlineMs: 60_000 });
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
