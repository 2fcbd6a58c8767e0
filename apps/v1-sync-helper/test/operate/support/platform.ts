// SPDX-License-Identifier: MIT
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { freePort } from "@repo/testkit";
import type { LfxV1 } from "@repo/testkit/lfx-v1";
import type { LfxV2 } from "@repo/testkit/lfx-v2";
import { type NatsServer, startNats } from "@repo/testkit/nats";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { requireBundle } from "../../support/bundle.ts";
import { bucketSizes, startStandIns } from "../../support/stand-ins.ts";

const smallBytes = 16 * 2 ** 20;
const bucketNames = ["v1-objects", "v1-mappings", "v1-sync-state", "v1-sync-users"] as const;

/** How a command ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** NATS, and stand-ins of all that the program talks to. */
export interface Platform extends AsyncDisposable {
  readonly nats: Pick<NatsServer, "url" | "connect">;
  readonly v1: LfxV1;
  readonly v2: LfxV2;
  readonly connection: NatsConnection;
  readonly bucket: (name: (typeof bucketNames)[number]) => Promise<KV>;
  /** A complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts the bundle, with variables beside or instead of those of `env`. */
  readonly start: (
    args: readonly string[],
    env?: Readonly<Record<string, string | undefined>>,
  ) => Promise<Executable>;
  /** Runs a command of the bundle to its end. */
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string | undefined>>) => Promise<Ran>;
}

export interface PlatformOptions {
  /** `false` leaves them to the program. */
  readonly buckets?: boolean;
  /** Bytes of each bucket. */
  readonly bucketBytes?: number;
  /** A server of the caller's, who ends it; default: one of the platform's own. */
  readonly nats?: Pick<NatsServer, "url" | "connect">;
}

/** Everything is there but the program itself. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const { bucketBytes = smallBytes } = options;
  await using stack = new AsyncDisposableStack();
  const nats = options.nats ?? stack.use(await startNats());
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const standIns = stack.use(await startStandIns({ nats: connection, v2: { buckets: true } }));
  const kvm = new Kvm(connection);
  if (options.buckets !== false)
    for (const name of bucketNames)
      await kvm.create(name, { history: name === "v1-objects" ? 20 : 1, max_bytes: bucketBytes });
  const env = {
    NATS_URL: nats.url,
    ...standIns.env,
    PORT: String(await freePort()),
    ...bucketSizes(bucketBytes),
  };
  const start: Platform["start"] = (args, more = {}) =>
    runExecutable({
      file: requireBundle(),
      args,
      env: { ...env, ...more },
      nodeArgs: ["--enable-source-maps"],
    });
  const owned = stack.move();
  return {
    nats,
    v1: standIns.v1,
    v2: standIns.v2,
    connection,
    bucket: (name) => kvm.open(name),
    env,
    start,
    run: async (args, more) => {
      await using program = await start(args, more);
      const { code } = await program.waitForExit();
      return { code, stdout: program.stdout.text, stderr: program.stderr.text };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
