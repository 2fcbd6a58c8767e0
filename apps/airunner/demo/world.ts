// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { z } from "zod";
import { requireBundle } from "../test/support/airunner.ts";
import { type CliResult, type RunningCli, startCli } from "./cli.ts";
import { type DemoRepository, startRepository } from "./repository.ts";

/** Seconds for which a job stays with a worker that is gone: short, so that nobody has to watch for minutes. */
export const leaseSeconds = 5;

type Environment = Readonly<Record<string, string>>;

export interface DemoWorker {
  readonly name: string;
  readonly process: Executable;
}

/** One server, two workers, a repository, and a developer with a token. */
export interface World extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly server: Executable;
  /** The latest of each name. */
  readonly workers: ReadonlyMap<string, DemoWorker>;
  /** The server, and every worker that was ever started. */
  readonly processes: readonly Executable[];
  readonly repository: DemoRepository;
  /** What must stand in no output. */
  readonly secrets: readonly string[];
  /** All that the command line wrote, but for the tokens that it made. */
  readonly output: readonly string[];
  readonly signal: AbortSignal;
  /** Starts a command with the developer's token. */
  cli(...args: readonly string[]): RunningCli;
  /** The same, to its end. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** Starts a worker, or starts it again in the folders that it had. */
  startWorker(name: string): Promise<DemoWorker>;
  /** Folder of a worker: its spool and its workspace. */
  workerFolder(name: string): string;
}

/** Sets all of it up in `folder`, by the commands that a person would type. */
export async function startWorld(folder: string, signal: AbortSignal): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const output: string[] = [];
  const base = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: folder,
    AIRUNNER_CERT_DIR: join(folder, "certificates"),
  };
  const cli = (env: Environment, args: readonly string[]): RunningCli => {
    // What it is for is the only output that may hold a token.
    const isToken = args[0] === "token";
    return startCli(args, { env, cwd: folder, signal, onText: (text) => isToken || output.push(text) });
  };

  const keys = join(folder, "keys");
  await demand(cli(base, ["keygen", `--out=${keys}`]));
  const { server, url } = await startServer(base, await readFile(join(keys, "public.pem"), "utf8"));
  stack.use(server);
  const token = async (subject: string, scopes: string) => {
    const path = join(folder, `${subject}.token`);
    const args = [`--subject=${subject}`, `--scopes=${scopes}`, "--ttl=1h"];
    const text = await demand(cli(base, ["token", `--signing-key=${keys}/private.pem`, ...args]));
    await writeFile(path, text, { mode: 0o600 });
    return { text: text.trim(), env: { ...base, AIRUNNER_SERVER: url, AIRUNNER_TOKEN_FILE: path } };
  };
  const developer = await token("developer", "submit,read");
  const hand = await token("worker", "work");
  const repository = stack.use(await startRepository(join(folder, "repositories")));
  const started = stack.use(new AsyncDisposableStack());
  const processes = [server];
  const workers = new Map<string, DemoWorker>();
  const workerFolder = (name: string): string => join(folder, name);
  const owned = stack.move();
  return {
    url,
    folder,
    server,
    workers,
    processes,
    repository,
    secrets: [developer.text, hand.text, await privatePart(join(keys, "private.pem"))],
    output,
    signal,
    cli: (...args) => cli(developer.env, args),
    run: (...args) => cli(developer.env, args).ended,
    workerFolder,
    async startWorker(name) {
      const worker = { name, process: await startWorkerProcess(name, workerFolder(name), hand.env) };
      started.use(worker.process);
      processes.push(worker.process);
      workers.set(name, worker);
      return worker;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const Serving = z.object({ url: z.string() });

async function startServer(
  env: Environment,
  publicKey: string,
): Promise<{ readonly server: Executable; readonly url: string }> {
  const server = await runExecutable({
    file: requireBundle("airunner-server"),
    args: ["--listen=127.0.0.1:0", "--health-listen=off"],
    env: { ...env, JWT_PUBLIC_KEY: publicKey },
    diesWithParent: true,
  });
  const line = await server.stdout.waitForLine(/"msg":"serving"/, { deadlineMs: 30_000 });
  return { server, url: Serving.parse(JSON.parse(line)).url };
}

async function startWorkerProcess(name: string, folder: string, env: Environment): Promise<Executable> {
  const worker = await runExecutable({
    file: requireBundle("airunner-cli"),
    args: [
      "worker",
      `--name=${name}`,
      `--timeout=${leaseSeconds}`,
      "--kill-grace=3s",
      `--spool-dir=${join(folder, "spool")}`,
      `--workspace-dir=${join(folder, "workspace")}`,
    ],
    env,
    diesWithParent: true,
  });
  await worker.stdout.waitForLine(/"msg":"worker started"/, { deadlineMs: 30_000 });
  return worker;
}

const Queues = z.object({ queues: z.array(z.object({ waitingWorkers: z.number() })) });

/** Waits until so many workers ask the server for jobs. */
export async function awaitIdleWorkers(world: World, count: number): Promise<void> {
  const areWaiting = async (): Promise<boolean> => {
    const { queues } = Queues.parse(JSON.parse((await world.run("queues", "--json")).text));
    return queues.reduce((sum, queue) => sum + queue.waitingWorkers, 0) === count;
  };
  const { signal } = world;
  await waitFor(areWaiting, { what: `${count} workers to wait for jobs`, deadlineMs: 30_000, signal });
}

/** Standard output of a command that must succeed. */
async function demand(running: RunningCli): Promise<string> {
  const { exit, text, stderr } = await running.ended;
  if (exit !== 0) throw new Error(`airunner-cli ended with ${exit}: ${stderr.trim()}`);
  return text;
}

/** The middle of a PEM file, without its ordinary first and last line. */
async function privatePart(path: string): Promise<string> {
  const [, body = ""] = (await readFile(path, "utf8")).split("\n");
  return body;
}
