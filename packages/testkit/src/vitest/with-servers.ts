// SPDX-License-Identifier: Apache-2.0
import { afterAll, test as base, type TestAPI, type TestContext } from "vitest";
import { MissingServerError } from "../server/missing-server-error.ts";

/** Name of a fixture → the function that starts it. */
export type Starters = Readonly<Record<string, () => Promise<unknown>>>;

/** What the starters' fixtures hold. */
export type Started<S extends Starters> = { [Name in keyof S]: Awaited<ReturnType<S[Name]>> };

/**
 * A `test` with one fixture per server. A server starts when the first test of the file asks for it, serves all
 * of the file's tests, and is stopped after the last; isolate tests by a bucket, table or prefix of their own.
 *
 * ```ts
 * const test = withServers({ s3: () => startS3(), rclone: () => rclone({ version: "newest" }) });
 * test("copies an object", async ({ s3, rclone, expect }) => { … });
 * ```
 *
 * Where the machine lacks what a server comes with, its tests are skipped with the sentence that says so; with
 * `TESTBED_REQUIRE=all` in the environment they fail. A server that should come and does not fails them too.
 */
export function withServers<const S extends Starters>(starters: S): TestAPI<Started<S>> {
  const running = new AsyncDisposableStack();
  afterAll(() => running.disposeAsync());
  const fixtures: Record<string, Fixture> = {};
  for (const [name, start] of Object.entries(starters)) {
    const started = once(async () => {
      const server = await start();
      if (isDisposable(server)) running.use(server);
      return server;
    });
    // vitest reads from these braces that the fixture needs no other one.
    fixtures[name] = async ({ skip }, use) => use(await orSkip(started, skip));
  }
  // Its types cannot follow names that are known at run time only.
  return (base as unknown as ExtendableTest<Started<S>>).extend(fixtures);
}

type Fixture = (context: TestContext, use: (value: unknown) => Promise<void>) => Promise<void>;

interface ExtendableTest<T extends object> {
  extend(fixtures: Readonly<Record<string, Fixture>>): TestAPI<T>;
}

/** Skips the test when `start` finds that the machine lacks something, unless everything is required. */
async function orSkip<T>(start: () => Promise<T>, skip: TestContext["skip"]): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof MissingServerError && process.env["TESTBED_REQUIRE"] !== "all") skip(error.message);
    throw error;
  }
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= start());
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}
