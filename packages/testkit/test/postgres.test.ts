// SPDX-License-Identifier: Apache-2.0
import { startPostgres } from "@repo/testkit/postgres";
import { withServers } from "@repo/testkit/vitest";
import pg from "pg";
import { vi } from "vitest";

const test = withServers({ postgres: () => startPostgres() });

test("publishes changes that a logical slot reads through pgoutput", async ({ postgres, expect }) => {
  await withClient(await postgres.createDatabase(), async (client) => {
    await client.query("CREATE TABLE item (id int PRIMARY KEY, name text)");
    await client.query("CREATE PUBLICATION changes FOR TABLE item");
    await client.query("SELECT pg_create_logical_replication_slot('reader', 'pgoutput')");
    await client.query("INSERT INTO item VALUES (1, 'grün')");
    const { rows } = await client.query<{ data: Buffer }>(
      "SELECT data FROM pg_logical_slot_get_binary_changes('reader', NULL, NULL, 'proto_version', '1', 'publication_names', 'changes')",
    );
    // Begin, relation, insert, commit: the first byte of each message says which.
    expect(rows.map(({ data }) => data.toString("latin1", 0, 1)).join("")).toBe("BRIC");
    expect(rows[2]?.data.includes("grün")).toBe(true);
  });
});

test("decodes changes as text", async ({ postgres, expect }) => {
  await withClient(await postgres.createDatabase(), async (client) => {
    await client.query("CREATE TABLE item (id int PRIMARY KEY, name text)");
    await client.query("SELECT pg_create_logical_replication_slot('texts', 'test_decoding')");
    await client.query("INSERT INTO item VALUES (1, 'one')");
    await client.query("DELETE FROM item");
    const { rows } = await client.query<{ data: string }>(
      "SELECT data FROM pg_logical_slot_get_changes('texts', NULL, NULL) WHERE data LIKE 'table%'",
    );
    expect(rows.map(({ data }) => data)).toEqual([
      "table public.item: INSERT: id[integer]:1 name[text]:'one'",
      "table public.item: DELETE: id[integer]:1",
    ]);
  });
});

test("refuses a wrong password", async ({ postgres, expect }) => {
  const url = new URL(postgres.url);
  url.password = "wrong";
  await expect(withClient(url.href, async () => {})).rejects.toThrow(/password authentication failed/);
});

test("gives each test an empty database of its own", async ({ postgres, expect }) => {
  const [first, second] = [await postgres.createDatabase(), await postgres.createDatabase()];
  await withClient(first, (client) => client.query("CREATE TABLE mine (id int)"));
  await withClient(second, async (client) => {
    await expect(client.query("SELECT * FROM mine")).rejects.toThrow(/does not exist/);
  });
});

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

test("removes its databases from the server that POSTGRES_URL names", async ({
  postgres,
  expect,
  onTestFinished,
}) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("POSTGRES_URL", postgres.url);
  const own = await startPostgres();
  const database = await own.createDatabase();
  await withClient(database, (client) => client.query("SELECT 1"));
  await own[Symbol.asyncDispose]();
  await expect(withClient(database, (client) => client.query("SELECT 1"))).rejects.toThrow(/does not exist/);
});
