// SPDX-License-Identifier: Apache-2.0
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { variable } from "@repo/testbed";
import { type AwsEndpoint, awsEndpoint } from "../aws-endpoint.ts";
import type { Executable } from "../process/index.ts";
import { requireProgram } from "../server/missing-server-error.ts";
import { withFreePorts } from "../server/retry-ports.ts";
import { type StartedServer, startServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { waitFor } from "../wait-for.ts";

export interface DynamoDbOptions {
  /**
   * Default `moto`, which comes everywhere. `dynoxide` needs Rust; it keeps the idempotency of transactions by
   * `ClientRequestToken`, which moto does not, and has one shard per stream only.
   */
  readonly program?: "moto" | "dynoxide";
}

/** A running stand-in of DynamoDB, with streams; it checks no credentials. */
export interface DynamoDbServer extends AsyncDisposable, AwsEndpoint {
  readonly program: "moto" | "dynoxide" | "environment";
  /** A client of the AWS SDK, which its owner destroys. */
  readonly client: () => DynamoDBClient;
  /** What the server wrote last; empty for one of the environment. */
  readonly log: () => string;
}

/**
 * Starts a DynamoDB on 127.0.0.1, empty; a test that names no program uses that of `DYNAMODB_ENDPOINT` if set.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<DynamoDbServer> {
  const own = options.program === undefined ? variable(process.env, "DYNAMODB_ENDPOINT") : undefined;
  if (own !== undefined)
    return handle(
      "environment",
      own,
      () => "",
      async () => {},
    );
  const { program = "moto" } = options;
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("dynamodb"));
  const server = stack.use(await (program === "moto" ? startMoto(path) : startDynoxide(path)));
  const owned = stack.move();
  return handle(program, server.ready, server.log, () => owned.disposeAsync());
}

function handle(
  program: DynamoDbServer["program"],
  url: string,
  log: () => string,
  stop: () => Promise<void>,
): DynamoDbServer {
  const endpoint = awsEndpoint(url);
  return {
    ...endpoint,
    program,
    client: () => new DynamoDBClient(endpoint),
    log,
    [Symbol.asyncDispose]: stop,
  };
}

async function startMoto(cwd: string): Promise<StartedServer<string>> {
  const { launch } = await requireProgram("moto");
  return startServer({
    name: "moto",
    launch,
    args: ["-H", "127.0.0.1", "-p", "0"],
    cwd,
    env: { PYTHONUNBUFFERED: "1" },
    ready: (server) => printedUrl(server),
  });
}

/** moto says ` * Running on http://127.0.0.1:41234` when it listens. */
async function printedUrl(server: Executable): Promise<string> {
  const pattern = /Running on (http:\/\/127\.0\.0\.1:\d+)/;
  const line = await server.stderr.waitForLine(pattern, { deadlineMs: 60_000 });
  return pattern.exec(line)?.[1] ?? line;
}

async function startDynoxide(cwd: string): Promise<StartedServer<string>> {
  const { launch } = await requireProgram("dynoxide");
  return withFreePorts(1, ([port]) =>
    startServer({
      name: "dynoxide",
      launch,
      args: ["--host", "127.0.0.1", "--port", `${port}`],
      cwd,
      ready: (_server, signal) => untilItAnswers(`http://127.0.0.1:${port}`, signal),
    }),
  );
}

async function untilItAnswers(url: string, signal: AbortSignal): Promise<string> {
  const client = new DynamoDBClient(awsEndpoint(url));
  try {
    const list = (): Promise<unknown> => client.send(new ListTablesCommand({}));
    await waitFor(list, { signal, deadlineMs: 60_000, what: "dynoxide to answer" });
    return url;
  } finally {
    client.destroy();
  }
}
