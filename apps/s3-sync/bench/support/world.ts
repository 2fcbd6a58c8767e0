// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { execa } from "execa";
import { DEFAULT_CREDENTIALS, type FaultS3Process, startFaultS3Process } from "../../test/fault-s3/index.ts";
import type { JobSide } from "../../test/support/job.ts";

export const SOURCE_BUCKET = "source-bucket";
export const DESTINATION_BUCKET = "destination-bucket";

/** Two in-memory S3 servers, each a process of its own, and a folder for what the measured programs leave. */
export interface BenchWorld extends AsyncDisposable {
  readonly source: FaultS3Process;
  readonly destination: FaultS3Process;
  readonly sourceSide: JobSide;
  readonly destinationSide: JobSide;
  readonly directory: string;
  /** Path of the newest pinned rclone. */
  readonly rclone: string;
  /** rclone's configuration with the remotes `source` and `dest`, for rclone run bare. */
  readonly rcloneConfig: string;
}

/** @param latencyMs wait before every answer of either server */
export async function startBenchWorld({ latencyMs = 0 } = {}): Promise<BenchWorld> {
  await using stack = new AsyncDisposableStack();
  const { path: directory } = stack.use(await testDirectory("s3-sync-bench"));
  const source = stack.use(await startFaultS3Process({ latencyMs, buckets: [SOURCE_BUCKET] }));
  const destination = stack.use(await startFaultS3Process({ latencyMs, buckets: [DESTINATION_BUCKET] }));
  const rcloneConfig = join(directory, "rclone.conf");
  await writeFile(rcloneConfig, `${remote("source", source)}\n${remote("dest", destination)}`);
  const program = await rclone({ version: "newest" });
  const owned = stack.move();
  return {
    source,
    destination,
    sourceSide: { endpoint: source.endpoint, bucket: SOURCE_BUCKET, credentials: DEFAULT_CREDENTIALS },
    destinationSide: {
      endpoint: destination.endpoint,
      bucket: DESTINATION_BUCKET,
      credentials: DEFAULT_CREDENTIALS,
    },
    directory,
    rclone: program,
    rcloneConfig,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Which rclone took part, for the notes of a report. */
export async function rcloneNote({ rclone: program }: BenchWorld): Promise<string> {
  const { stdout } = await execa(program, ["version"]);
  const version = /v(\S+)/.exec(stdout)?.[1] ?? "unknown";
  return `rclone ${version}. Both S3 servers are processes of their own on the same machine; their work is in no figure but takes its cores.`;
}

function remote(name: string, { endpoint }: FaultS3Process): string {
  const { accessKeyId, secretAccessKey } = DEFAULT_CREDENTIALS;
  const keys = {
    type: "s3",
    provider: "Other",
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    endpoint,
    force_path_style: "true",
    env_auth: "false",
    no_check_bucket: "true",
    list_url_encode: "true",
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}`);
  return `[${name}]\n${lines.join("\n")}\n`;
}
