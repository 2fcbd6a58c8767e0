// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isEnterableByOthers } from "@repo/testbed";
import pg from "pg";
import { runExecutable } from "../process/index.ts";
import { requireProgram } from "../server/missing-server-error.ts";
import { withFreePorts } from "../server/retry-ports.ts";
import { type StartedServer, startServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { waitFor } from "../wait-for.ts";

/** Whom PostgreSQL runs as when this process is root. */
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * Durable writes are off: the data live as long as the test. Commits stay synchronous, or a logical slot would
 * not see a change at once.
 */
const settings = [
  "fsync=off",
  "full_page_writes=off",
  "wal_level=logical",
  "max_wal_senders=10",
  "max_replication_slots=10",
].flatMap((setting) => ["-c", setting]);

/** Starts PostgreSQL with fresh data; `ready` is the URL of the superuser. */
export async function startPostgresProgram(): Promise<StartedServer<string>> {
  const initdb = await requireProgram("initdb");
  const { launch, path: program } = await requireProgram("postgres");
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("pg"));
  const user = process.getuid?.() === 0 ? nobody : undefined;
  if (user !== undefined) await giveTo(user, path, program);
  const password = randomBytes(12).toString("hex");
  await initialise(initdb.path, path, password, user);
  const server = await withFreePorts(1, ([port]) =>
    startServer({
      name: "PostgreSQL",
      launch,
      args: [
        "-D",
        join(path, "data"),
        "-k",
        path,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        `port=${port}`,
        ...settings,
      ],
      cwd: path,
      ...(user === undefined ? {} : { user }),
      ready: (_server, signal) =>
        untilItAnswers(`postgresql://postgres:${password}@127.0.0.1:${port}/postgres`, signal),
    }),
  );
  stack.use(server);
  const owned = stack.move();
  return { ...server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function giveTo(user: typeof nobody, folder: string, program: string): Promise<void> {
  if (!(await isEnterableByOthers(program))) {
    throw new Error(
      `PostgreSQL cannot run as root, and the user nobody may not enter the folder of ${program}; set TESTBED_CACHE to a folder that others may enter.`,
    );
  }
  await chown(folder, user.uid, user.gid);
}

async function initialise(
  initdb: string,
  path: string,
  password: string,
  user?: typeof nobody,
): Promise<void> {
  const passwordFile = join(path, "password");
  const data = join(path, "data");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password);
  if (user !== undefined) await chown(data, user.uid, user.gid);
  const authentication = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  await using run = await runExecutable({
    file: initdb,
    args: ["-D", data, ...authentication, "--no-sync", "-E", "UTF8", "--locale=C"],
    env: { HOME: path, TZ: "UTC" },
    inheritEnv: ["PATH"],
    cwd: path,
    ...(user === undefined ? {} : { user }),
  });
  const { code } = await run.waitForExit({ deadlineMs: 60_000 });
  if (code !== 0)
    throw new Error(`initdb ended with exit code ${code}; it wrote:\n${run.stdout.text}${run.stderr.text}`);
}

async function untilItAnswers(url: string, signal: AbortSignal): Promise<string> {
  const tryOnce = async (): Promise<true> => {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return true;
    } finally {
      await client.end();
    }
  };
  await waitFor(tryOnce, { signal, deadlineMs: 60_000, what: "PostgreSQL to let a client in" });
  return url;
}
