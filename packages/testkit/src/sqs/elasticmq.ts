// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Executable } from "../process/index.ts";
import { requireProgram } from "../server/missing-server-error.ts";
import { type StartedServer, startServer } from "../server/start-server.ts";

/** The `*` of `node-address` makes queue URLs carry the host and port that the client asked, so a proxy too. */
const configuration = `
include classpath("reference.conf")
node-address { protocol = http, host = "*", port = 0, context-path = "" }
rest-sqs { enabled = true, bind-port = 0, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
queues-storage { enabled = false }
`;

/** Starts ElasticMQ; it answers with its URL after about 3 s. */
export async function startElasticMq(cwd: string): Promise<StartedServer<string>> {
  const { launch } = await requireProgram("elasticmq");
  const configFile = join(cwd, "elasticmq.conf");
  await writeFile(configFile, configuration);
  // A small heap and the quicker of the two compilers: it starts in half the time and takes half the memory.
  const virtualMachine = [
    "-XX:+UseSerialGC",
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    `-Dconfig.file=${configFile}`,
  ];
  return startServer({
    name: "ElasticMQ",
    launch: { ...launch, args: [...virtualMachine, ...launch.args] },
    args: [],
    cwd,
    ready: (server) => boundUrl(server),
  });
}

/** It says `Started SQS rest server, bind address 127.0.0.1:41234, …` when it listens. */
async function boundUrl(server: Executable): Promise<string> {
  const pattern = /Started SQS rest server, bind address 127\.0\.0\.1:(\d+)/;
  const line = await server.stdout.waitForLine(pattern, { deadlineMs: 60_000 });
  return `http://127.0.0.1:${pattern.exec(line)?.[1]}`;
}
