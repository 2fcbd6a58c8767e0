// SPDX-License-Identifier: MIT
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { freePort } from "@repo/testkit";
import type { LfxV1 } from "@repo/testkit/lfx-v1";
import type { LfxV2 } from "@repo/testkit/lfx-v2";
import { startRestartableNats } from "@repo/testkit/nats";
import { type Executable, type Exit, runExecutable } from "@repo/testkit/process";
import { requireBundle } from "../test/support/bundle.ts";
import { bucketSizes, type StandIns, startStandIns } from "../test/support/stand-ins.ts";
import { type Cast, ownClient } from "./foundation/cast.ts";

/** What an answer of v1 and v2 takes at least, milliseconds. */
export const latencyMs = 20;
/** Deletes in v2 that an hour allows. */
export const maxDeletesPerHour = 25;

/**
 * Short times, so that nobody has to watch for minutes: seconds until a dead instance's work is another's, until a
 * call is given up, and until a lost create cannot come late any more.
 */
export const seconds = { claim: 5, timeout: 2, settle: 3 } as const;

type Environment = Readonly<Record<string, string>>;

export interface Instance {
  readonly name: string;
  /** As it calls itself in records and logs. */
  readonly owner: string;
  readonly process: Executable;
}

/** How a command ended. */
export interface Ran {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real nats-server, stand-ins of v1 and v2, and the built program in as many processes as wanted. */
export interface World extends AsyncDisposable {
  readonly v1: LfxV1;
  readonly v2: LfxV2;
  readonly signal: AbortSignal;
  /** Where instances and commands run, and could leave something. */
  readonly folder: string;
  /** All that were ever started. */
  readonly instances: readonly Instance[];
  /** What must stand in no log. */
  readonly secrets: readonly string[];
  startInstance(name: string): Promise<Instance>;
  bucket(name: string): Promise<KV>;
  /** A command of the program that goes on. */
  start(args: readonly string[]): Promise<Executable>;
  /** A command of the program, to its end. */
  run(args: readonly string[]): Promise<Ran>;
}

export async function startWorld(folder: string, cast: Cast, signal: AbortSignal): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startRestartableNats());
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const standIns = stack.use(await startPlatforms(cast, connection));
  const { v1, v2, heimdall, auth0 } = standIns;
  const env = environment(nats.url, standIns, folder);
  const started = stack.use(new AsyncDisposableStack());
  const instances: Instance[] = [];
  let port = 0;
  const kvm = new Kvm(connection);
  const start = async (args: readonly string[], more: Environment): Promise<Executable> =>
    started.use(
      await runExecutable({
        file: requireBundle(),
        args,
        env: { ...env, ...more },
        cwd: folder,
        diesWithParent: true,
      }),
    );
  // Commands find the instance that was started last, as they do in its pod.
  const startCommand = (args: readonly string[]) => start(args, { PORT: String(port) });
  const owned = stack.move();
  return {
    v1,
    v2,
    signal,
    folder,
    instances,
    secrets: [heimdall, auth0].map(({ privateKey }) => middleOf(privateKey)),
    bucket: (name) => kvm.open(name),
    async startInstance(name) {
      port = await freePort();
      const process = await start([], { PORT: String(port) });
      const instance = { name, process, owner: await ownerOf(process) };
      instances.push(instance);
      return instance;
    },
    start: startCommand,
    run: async (args) => endOf(await startCommand(args), signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startPlatforms({ people, organizations }: Cast, nats: NatsConnection): Promise<StandIns> {
  const usernames = Object.fromEntries(people.map(({ email, username }) => [email, { username }]));
  const standIns = await startStandIns({
    nats,
    clientId: ownClient,
    v1: { latencyMs },
    v2: { buckets: true, latency: latencyMs, people: usernames },
  });
  const { v1 } = standIns;
  for (const { id, username, email, givenName, familyName } of people)
    v1.users.set(id, { Username: username, Email: email, FirstName: givenName, LastName: familyName });
  for (const { id, name, domain } of organizations) v1.organizations.set(id, { Name: name, Domains: domain });
  return standIns;
}

function environment(natsUrl: string, { env }: StandIns, folder: string): Environment {
  return {
    HOME: folder,
    TMPDIR: folder,
    NATS_URL: natsUrl,
    ...env,
    MAX_DELETES_PER_HOUR: String(maxDeletesPerHour),
    CLAIM_SECONDS: String(seconds.claim),
    REQUEST_TIMEOUT_SECONDS: String(seconds.timeout),
    CREATE_SETTLE_SECONDS: String(seconds.settle),
    ...bucketSizes(32 * 2 ** 20),
  };
}

/** Waits until the instance works. */
async function ownerOf(process: Executable): Promise<string> {
  const line = await process.stdout.waitForLine(/"msg":"begins to work"/, { deadlineMs: 30_000 });
  const [, owner] = /"instance":"([^"]+)"/.exec(line) ?? [];
  if (owner === undefined) throw new Error(`An instance does not say its name: ${line}`);
  return owner;
}

const commandDeadlineMs = 30_000;

async function endOf(command: Executable, signal: AbortSignal): Promise<Ran> {
  const kill = (): void => command.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  try {
    const { code, signal: killedBy }: Exit = await command.waitForExit({ deadlineMs: commandDeadlineMs });
    signal.throwIfAborted();
    const { stdout, stderr } = command;
    return { exit: code ?? killedBy ?? "unknown", stdout: stdout.text, stderr: stderr.text };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** A line of a PEM file that is the key's own. */
function middleOf(pem: string): string {
  const lines = pem.trim().split("\n");
  return lines[Math.floor(lines.length / 2)] ?? pem;
}

/** A folder of its own for whatever runs. */
export async function workFolder(path: string): Promise<string> {
  const folder = join(path, "work");
  await mkdir(folder);
  return folder;
}
