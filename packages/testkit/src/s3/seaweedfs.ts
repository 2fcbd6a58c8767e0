// SPDX-License-Identifier: Apache-2.0
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { requireProgram } from "../server/missing-server-error.ts";
import { withFreePorts } from "../server/retry-ports.ts";
import { startServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { waitFor } from "../wait-for.ts";
import { createS3Server, removeBucket, type S3Server, usingClient } from "./s3-server.ts";
import type { S3Right, S3User } from "./users.ts";

export interface ResolvedS3Options {
  readonly region: string;
  readonly users: readonly [S3User, ...S3User[]];
}

/**
 * Starts SeaweedFS: master, volume server, filer and S3 in one process. Ready after about 3 s.
 *
 * It differs from S3 in this: listings are not in byte order, a key with `//` hangs, the body of `dir/` is lost.
 */
export async function startSeaweedFs(options: ResolvedS3Options): Promise<S3Server> {
  const { launch } = await requireProgram("weed");
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await testDirectory("s3"));
  const configFile = join(directory.path, "s3.json");
  await writeFile(configFile, JSON.stringify({ identities: options.users.map(identity) }));
  const started = await withFreePorts(8, (ports) =>
    startServer({
      name: "SeaweedFS",
      launch,
      args: serverArguments(directory.path, configFile, ports),
      cwd: directory.path,
      // One volume at a time for each bucket; seven, the default, soon use up the volumes.
      env: { WEED_MASTER_VOLUME_GROWTH_COPY_1: "1" },
      ready: async (_server, signal) => {
        const endpoint = `http://127.0.0.1:${ports[0]}`;
        const server = createS3Server({
          program: "seaweedfs",
          ...options,
          endpoint,
          log: () => "",
          stop: async () => {},
        });
        await waitUntilItStores(server, signal);
        return { endpoint, ports };
      },
    }),
  );
  stack.defer(() => removeSockets(started.ready.ports));
  stack.use(started);
  const owned = stack.move();
  return createS3Server({
    program: "seaweedfs",
    ...options,
    endpoint: started.ready.endpoint,
    log: started.log,
    // On SIGTERM it takes 15 s and more to leave, so it is killed: its data goes with it.
    stop: () => owned.disposeAsync(),
  });
}

/** It answers before its volume server has found its master: only an object that is stored shows that it is up. */
async function waitUntilItStores(server: S3Server, signal: AbortSignal): Promise<void> {
  const options = { signal, deadlineMs: 60_000, everyMs: 50, what: "SeaweedFS to store an object" };
  await usingClient(server.client(), async (client) => {
    const name = "testkit-readiness";
    const created = await waitFor(() => server.createBucket({ name }), options);
    const probe = { Bucket: created, Key: "probe" };
    await waitFor(() => client.send(new PutObjectCommand({ ...probe, Body: "probe" })), options);
    await client.send(new DeleteObjectCommand(probe));
    await removeBucket(client, created);
  });
}

/** Its parts talk over sockets whose place cannot be set, and a killed server leaves them behind. */
async function removeSockets(ports: readonly number[]): Promise<void> {
  const parts = ["s3", "master", "volume", "filer"];
  await Promise.all(
    ports.flatMap((port) =>
      parts.map((part) => rm(`/tmp/seaweedfs-${part}-grpc-${port}.sock`, { force: true })),
    ),
  );
}

function identity(user: S3User): unknown {
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = user;
  return { name: user.name, credentials: [{ accessKey, secretKey }], actions: user.rights.flatMap(actions) };
}

function actions(right: S3Right): readonly string[] {
  switch (right) {
    case "all":
      return ["Admin", "Read", "Write", "List", "Tagging"];
    case "read":
      return ["Read"];
    case "write":
      return ["Write", "Tagging"];
    case "list":
      return ["List"];
  }
}

/** See SeaweedFS's `weed server -h`; telemetry is on unless it is turned off. */
function serverArguments(directory: string, configFile: string, ports: readonly number[]): string[] {
  const [s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc] = ports;
  return [
    "-logtostderr",
    "server",
    `-dir=${directory}`,
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    `-master.port=${master}`,
    `-master.port.grpc=${masterGrpc}`,
    "-master.telemetry=false",
    "-master.volumeSizeLimitMB=64",
    `-volume.port=${volume}`,
    `-volume.port.grpc=${volumeGrpc}`,
    "-volume.preStopSeconds=0",
    "-volume.max=200",
    "-filer",
    `-filer.port=${filer}`,
    `-filer.port.grpc=${filerGrpc}`,
    `-filer.localSocket=${join(directory, "f.sock")}`,
    "-s3",
    `-s3.port=${s3}`,
    `-s3.localSocket=${join(directory, "s.sock")}`,
    `-s3.port.grpc=${s3Grpc}`,
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    `-s3.config=${configFile}`,
    "-s3.autoCreateBucket=false",
  ];
}
