// SPDX-License-Identifier: Apache-2.0
import { SQSClient } from "@aws-sdk/client-sqs";
import { variable } from "@repo/testbed";
import { buildApp } from "fauxqs";
import { type AwsEndpoint, awsEndpoint } from "../aws-endpoint.ts";
import { testDirectory } from "../test-directory.ts";
import { startElasticMq } from "./elasticmq.ts";

export interface SqsOptions {
  /**
   * Default `fauxqs`, which runs in this process (0.2 s). It accepts a receipt handle that was never given and has
   * no message move tasks. `elasticmq` is more faithful and needs Java and Maven (3 s).
   */
  readonly program?: "fauxqs" | "elasticmq";
}

/** A running stand-in of SQS; it checks no credentials. */
export interface SqsServer extends AsyncDisposable, AwsEndpoint {
  readonly program: "fauxqs" | "elasticmq" | "environment";
  /** A client of the AWS SDK, which its owner destroys. */
  readonly client: () => SQSClient;
  /** What the server wrote last; empty for one in this process or of the environment. */
  readonly log: () => string;
}

/**
 * Starts an SQS on 127.0.0.1 without queues; a test that names no program uses that of `SQS_ENDPOINT` if set.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startSqs(options: SqsOptions = {}): Promise<SqsServer> {
  const own = options.program === undefined ? variable(process.env, "SQS_ENDPOINT") : undefined;
  if (own !== undefined)
    return handle(
      "environment",
      own,
      () => "",
      async () => {},
    );
  if (options.program !== "elasticmq") return startFauxqs();
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("sqs"));
  const server = stack.use(await startElasticMq(path));
  const owned = stack.move();
  return handle("elasticmq", server.ready, server.log, () => owned.disposeAsync());
}

/** Its own start function and its command listen on all addresses, so the application is listened with here. */
async function startFauxqs(): Promise<SqsServer> {
  const app = buildApp({ logger: false });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return handle(
    "fauxqs",
    url,
    () => "",
    () => app.close(),
  );
}

function handle(
  program: SqsServer["program"],
  url: string,
  log: () => string,
  stop: () => Promise<void>,
): SqsServer {
  const endpoint = awsEndpoint(url);
  return { ...endpoint, program, client: () => new SQSClient(endpoint), log, [Symbol.asyncDispose]: stop };
}
