// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { DEFAULT_CREDENTIALS } from "./server.ts";
import type { Credentials } from "./signature.ts";

/** A remote of rclone's configuration: any key of its S3 backend beside the address. */
export interface RemoteOptions {
  readonly endpoint: string;
  readonly credentials?: Credentials;
  readonly config?: Readonly<Record<string, string>>;
}

export interface BareRcloneOptions {
  /** Path of the program. */
  readonly rclone: string;
  /** Name in the command line → remote. */
  readonly remotes: Readonly<Record<string, RemoteOptions>>;
  readonly args: readonly string[];
}

/** What rclone left behind; `stderr` holds its log. */
export interface BareRcloneResult {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  readonly stdout: string;
}

/** Runs rclone by itself, with a configuration file of its own and nothing of this process's environment. */
export async function runBareRclone({ rclone, remotes, args }: BareRcloneOptions): Promise<BareRcloneResult> {
  const folder = await mkdtemp(join(tmpdir(), "fault-s3-rclone-"));
  try {
    const path = join(folder, "rclone.conf");
    await writeFile(
      path,
      Object.entries(remotes)
        .map(([name, remote]) => section(name, remote))
        .join("\n"),
    );
    const result = await execa(rclone, [...args, "--config", path], {
      reject: false,
      stdin: "ignore",
      extendEnv: false,
      env: { PATH: "/usr/bin:/bin", HOME: folder },
    });
    return { exitCode: result.exitCode, stderr: result.stderr, stdout: result.stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function section(
  name: string,
  { endpoint, credentials = DEFAULT_CREDENTIALS, config }: RemoteOptions,
): string {
  const keys = {
    type: "s3",
    provider: "Other",
    endpoint,
    access_key_id: credentials.accessKeyId,
    secret_access_key: credentials.secretAccessKey,
    no_check_bucket: "true",
    ...(credentials.sessionToken === undefined ? undefined : { session_token: credentials.sessionToken }),
    ...config,
  };
  return `[${name}]\n${Object.entries(keys)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join("")}`;
}
