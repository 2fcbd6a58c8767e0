// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GitServer extends AsyncDisposable {
  readonly url: string;
  /** Path and `authorization` of each request. */
  readonly requests: readonly { readonly path: string; readonly authorization: string | undefined }[];
  /** From now on: answers of the newest protocol give any commit, older ones only tips. Default true. */
  isNew: boolean;
  /** From now on: `user:password` that each request needs. */
  login: string | undefined;
  /** From now on: accepts requests and never answers. */
  isHanging: boolean;
}

/** Serves the bare repositories in `root` by git's own http-backend, on a free port of 127.0.0.1. */
export async function startGitServer(root: string): Promise<GitServer> {
  const requests: { path: string; authorization: string | undefined }[] = [];
  const state = { isNew: true, login: undefined as string | undefined, isHanging: false };
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    requests.push({ path: request.url ?? "", authorization });
    const wanted =
      state.login === undefined ? undefined : `Basic ${Buffer.from(state.login).toString("base64")}`;
    if (state.isHanging) return;
    if (wanted !== undefined && authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    serve(root, state.isNew, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

/** One request as a CGI program sees it (RFC 3875). */
function serve(root: string, isNew: boolean, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const { headers } = request;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"],
      HTTP_CONTENT_ENCODING: headers["content-encoding"],
      GIT_PROTOCOL: isNew ? String(headers["git-protocol"] ?? "") : "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  let head = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) return response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const lines = head
      .toString("latin1", 0, end)
      .split("\r\n")
      .map((line) => line.split(": "));
    const status = Number(lines.find(([name]) => name === "Status")?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(
      status,
      lines.filter(([name]) => name !== "Status").flatMap(([name = "", value = ""]) => [name, value]),
    );
    return response.write(head.subarray(end + 4));
  });
  child.stdout.on("end", () => response.end());
}

const author = {
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

/** Runs git on a repository of the test, without the configuration of whoever runs it. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", ...author };
  const { stdout } = await run("git", ["-c", "protocol.file.allow=always", ...args], { cwd, env });
  return stdout.trim();
}

/** Commits files; returns the commit's id. */
export async function commit(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", Object.keys(files).join(", "));
  return await git(folder, "rev-parse", "HEAD");
}
