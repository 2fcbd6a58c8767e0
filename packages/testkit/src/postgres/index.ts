// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { variable } from "@repo/testbed";
import pg from "pg";
import { startPostgresProgram } from "./postgres-program.ts";

/** A running PostgreSQL with logical replication. */
export interface PostgresServer extends AsyncDisposable {
  /** Of the superuser and the database `postgres`, e.g. `postgresql://postgres:…@127.0.0.1:18432/postgres`. */
  readonly url: string;
  /** Makes an empty database with a new name and returns its URL. */
  readonly createDatabase: () => Promise<string>;
  /** What the server wrote last; empty for one of the environment. */
  readonly log: () => string;
}

/**
 * Starts PostgreSQL 18 on a free port of 127.0.0.1 with `wal_level=logical` and room for ten replication slots
 * (about 2 s), or uses the one of `POSTGRES_URL`, where it removes its databases on disposal. Passwords are checked.
 *
 * PostgreSQL refuses to run as root; then it runs as the user 65534 (nobody).
 *
 * @throws {MissingServerError} when its npm package is not installed
 * @throws {ServerStartError} when it does not come up
 */
export async function startPostgres(): Promise<PostgresServer> {
  const own = variable(process.env, "POSTGRES_URL");
  if (own !== undefined) {
    const made: string[] = [];
    return handle(
      own,
      () => "",
      () => dropDatabases(own, made),
      made,
    );
  }
  const server = await startPostgresProgram();
  return handle(server.ready, server.log, async () => {
    await server[Symbol.asyncDispose]();
  });
}

function handle(
  url: string,
  log: () => string,
  stop: () => Promise<void>,
  made: string[] = [],
): PostgresServer {
  return {
    url,
    log,
    createDatabase: async () => {
      const name = `test_${randomBytes(6).toString("hex")}`;
      await withClient(url, (client) => client.query(`CREATE DATABASE ${name}`));
      made.push(name);
      const database = new URL(url);
      database.pathname = `/${name}`;
      return database.href;
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function dropDatabases(url: string, names: string[]): Promise<void> {
  await withClient(url, async (client) => {
    for (const name of names.splice(0)) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
