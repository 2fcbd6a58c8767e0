// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { requireProgram } from "../server/missing-server-error.ts";
import { withFreePorts } from "../server/retry-ports.ts";
import { startServer } from "../server/start-server.ts";
import { testDirectory } from "../test-directory.ts";
import { waitFor } from "../wait-for.ts";
import { createS3Server, type S3Server, usingClient } from "./s3-server.ts";
import type { ResolvedS3Options } from "./seaweedfs.ts";
import type { S3User } from "./users.ts";

/**
 * Starts versitygw over a folder. Ready after about 0.1 s; the most faithful of the light ones, except that
 * the objects `k` and `k/child` cannot both exist.
 */
export async function startVersitygw(options: ResolvedS3Options): Promise<S3Server> {
  const { launch } = await requireProgram("versitygw");
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await testDirectory("s3"));
  const folders = await makeFolders(path);
  const [administrator, ...others] = options.users;
  const accounts = { accessAccounts: Object.fromEntries(others.map(account)) };
  await writeFile(join(folders.iam, "users.json"), JSON.stringify(accounts));
  const server = await withFreePorts(1, ([port]) =>
    startServer({
      name: "versitygw",
      launch,
      args: serverArguments(folders, options.region, `127.0.0.1:${port}`),
      env: { ROOT_ACCESS_KEY: administrator.accessKeyId, ROOT_SECRET_KEY: administrator.secretAccessKey },
      cwd: path,
      ready: (_server, signal) => untilItAnswers(`http://127.0.0.1:${port}`, options, signal),
    }),
  );
  stack.use(server);
  const owned = stack.move();
  return createS3Server({
    program: "versitygw",
    ...options,
    endpoint: server.ready,
    log: server.log,
    stop: () => owned.disposeAsync(),
  });
}

type Folders = Readonly<Record<"iam" | "root" | "versions" | "sidecar", string>>;

async function makeFolders(path: string): Promise<Folders> {
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(path, name));
    return join(path, name);
  };
  return {
    iam: await folder("iam"),
    root: await folder("root"),
    versions: await folder("versions"),
    sidecar: await folder("sidecar"),
  };
}

function serverArguments(folders: Folders, region: string, address: string): string[] {
  const general = ["--quiet", "--port", address, "--region", region, "--iam-dir", folders.iam];
  // Attributes go into files beside the data, because not every file system has extended attributes.
  const backend = ["posix", "--sidecar", folders.sidecar, "--versioning-dir", folders.versions, folders.root];
  return [...general, ...backend];
}

async function untilItAnswers(
  endpoint: string,
  options: ResolvedS3Options,
  signal: AbortSignal,
): Promise<string> {
  const parts = { program: "versitygw", ...options, endpoint, log: () => "", stop: async () => {} } as const;
  await usingClient(createS3Server(parts).client(), (client) =>
    waitFor(() => client.send(new ListBucketsCommand({})), {
      signal,
      deadlineMs: 60_000,
      what: "versitygw to answer",
    }),
  );
  return endpoint;
}

/** An entry of versitygw's `users.json`. */
function account(user: S3User): [string, unknown] {
  const { accessKeyId: access, secretAccessKey: secret } = user;
  const role = user.rights.includes("all") ? "admin" : "user";
  return [access, { access, secret, role, userID: 0, groupID: 0 }];
}
