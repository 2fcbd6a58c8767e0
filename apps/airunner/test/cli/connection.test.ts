// SPDX-License-Identifier: Apache-2.0

import { once } from "node:events";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp1Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { freePort, testDirectory } from "@repo/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { createJobClients } from "../../src/client/create-clients.ts";
import { fileToken } from "../../src/client/token-provider.ts";
import { createIssuer, startTestServer, type TestServer } from "../server/support/running-server.ts";
import { runCommand } from "./support/run-command.ts";

interface TlsServer extends AsyncDisposable {
  readonly test: TestServer;
  readonly port: number;
  /** Where its authority is. */
  readonly folder: string;
}

/** The server with the certificate that it makes for itself. */
async function startTlsServer(): Promise<TlsServer> {
  await using opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(await testDirectory());
  const test = opened.use(
    await startTestServer({ env: { AIRUNNER_NO_TLS: "false", AIRUNNER_CERT_DIR: folder } }),
  );
  const stack = opened.move();
  return { test, port: test.server.port, folder, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Authorities that know nothing of these servers. */
const strangers = join(tmpdir(), `airunner-strangers-${process.pid}.pem`);

describe("trust", () => {
  beforeAll(() => writeFileSync(strangers, rootCertificates.slice(0, 2).join("\n")));
  afterAll(() => rmSync(strangers, { force: true }));

  test.for([
    ["--ca-cert", (folder: string) => ({ args: [`--ca-cert=${join(folder, "ca.pem")}`], env: {} })],
    [
      "AIRUNNER_CA_CERT",
      (folder: string) => ({ args: [], env: { AIRUNNER_CA_CERT: join(folder, "ca.pem") } }),
    ],
    ["SSL_CERT_FILE", (folder: string) => ({ args: [], env: { SSL_CERT_FILE: join(folder, "ca.pem") } })],
    ["the server's own folder", (folder: string) => ({ args: [], env: { AIRUNNER_CERT_DIR: folder } })],
    [
      "that folder beside SSL_CERT_FILE",
      (folder: string) => ({ args: [], env: { AIRUNNER_CERT_DIR: folder, SSL_CERT_FILE: strangers } }),
    ],
  ] as const)("comes from %s", async ([, giveTrust], { expect }) => {
    await using server = await startTlsServer();
    const { args, env } = giveTrust(server.folder);
    const { exitCode, stdout, stderr } = await runCommand(
      ["list", `--server=https://localhost:${server.port}`, ...args],
      { env },
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("No jobs found.");
  });

  test("is missing for a certificate of nobody", async ({ expect }) => {
    await using server = await startTlsServer();
    const { exitCode, stderr } = await runCommand(["list", `--server=localhost:${server.port}`]);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(
      /^airunner-cli: error: the certificate of https:\/\/localhost:\d+ is not vouched for by .* \(\w+\); give the ca\.pem that 'airunner-server cert' made by --ca-cert or AIRUNNER_CA_CERT\n$/,
    );
  });

  test("is no help where the certificate has another name", async ({ expect }) => {
    await using server = await startTlsServer();
    const trust = `--ca-cert=${join(server.folder, "ca.pem")}`;
    await using proxy = await forward("127.1.2.3", server.port);
    const { exitCode, stderr } = await runCommand([
      "list",
      trust,
      `--server=https://127.1.2.3:${proxy.port}`,
    ]);
    expect(exitCode).toBe(69);
    expect(stderr).toContain("is not for the name 127.1.2.3; use a name that it lists");
  });

  test.for([
    ["is not there", undefined, /names .*x\.pem, which cannot be read \(ENOENT\)/],
    ["holds something else", "hello", /names .*x\.pem, which holds no certificate in PEM form/],
    [
      "is damaged",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      /names .*x\.pem, which holds a damaged certificate/,
    ],
  ] as const)("names a file that %s", async ([, content, message], { expect }) => {
    await using directory = await testDirectory();
    const path = join(directory.path, "x.pem");
    if (content !== undefined) writeFileSync(path, content);
    const { exitCode, stderr } = await runCommand(["list", "--ca-cert", path]);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(message);
  });
});

describe("a server that is none", () => {
  test("speaks no TLS", async ({ expect }) => {
    await using server = await startTestServer();
    const { exitCode, stderr } = await runCommand([
      "list",
      `--server=https://localhost:${server.server.port}`,
    ]);
    expect(exitCode).toBe(76);
    expect(stderr).toContain(`use --server=http://localhost:${server.server.port}`);
  });

  test("speaks TLS where none was asked for", async ({ expect }) => {
    await using server = await startTlsServer();
    const { exitCode, stderr } = await runCommand(["list", `--server=http://localhost:${server.port}`]);
    expect(exitCode).toBe(69);
    expect(stderr).toContain(`use --server=https://localhost:${server.port}`);
  });

  test("speaks HTTP/1.1 alone", async ({ expect }) => {
    await using server = await listening(createHttp1Server((_request, response) => response.end("hello")));
    const { exitCode, stderr } = await runCommand(["list", `--server=http://localhost:${server.port}`]);
    expect([exitCode, stderr.trimEnd().split("\n").length]).toEqual([76, 1]);
    expect(stderr).toContain("does not answer in HTTP/2");
  });

  test("hangs up", async ({ expect }) => {
    await using server = await listening(createTcpServer((socket) => socket.destroy()));
    for (const scheme of ["http", "https"]) {
      const { exitCode, stderr } = await runCommand([
        "list",
        `--server=${scheme}://localhost:${server.port}`,
      ]);
      expect(exitCode).toBe(69);
      expect(stderr).toContain("it closed the connection");
    }
  });

  test("listens nowhere", async ({ expect }) => {
    const port = await freePort();
    const { exitCode, stderr } = await runCommand(["list", `--server=http://localhost:${port}`]);
    expect(exitCode).toBe(69);
    expect(stderr).toBe(
      `airunner-cli: error: cannot reach http://localhost:${port}: nothing listens there; is airunner-server running there, and is --server right?\n`,
    );
  });

  test("has no name", async ({ expect }) => {
    const { exitCode, stderr } = await runCommand(["list", "--server=https://no-such-host.invalid"]);
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/there is no such host name|the name service does not answer/);
  });

  test("says nothing", async ({ expect }) => {
    await using server = await listening(createTcpServer());
    using clients = createJobClients({ server: `http://127.0.0.1:${server.port}`, callTimeoutMs: 100 });
    const error = await clients.jobs.listJobs({}).catch((reason: unknown) => clients.explain(reason));
    expect(error).toMatchObject({ code: "timeout", isTransient: true });
    using tls = createJobClients({ server: `https://127.0.0.1:${server.port}`, connectTimeoutMs: 100 });
    await expect(tls.connect()).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("it does not answer within 0.1 s"),
    });
  });

  test.for([
    ["ftp://example.com", /has the scheme "ftp"; use https/],
    ["https://me:hunter2@example.com", /^(?!.*hunter2).*holds a user name or password/],
    ["https://exa mple", /is not a URL; write it as https:\/\/localhost:8080/],
    ["", /is not a URL/],
    ["https://example.com/?token=hunter2", /^(?!.*hunter2).*has a query/],
  ] as const)("has the address %s", async ([server, message], { expect }) => {
    const { exitCode, stderr } = await runCommand(["list", "--server", server]);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(message);
  });
});

describe("a token", () => {
  const issuer = createIssuer();
  const start = (): Promise<TestServer> => startTestServer({ env: { JWT_PUBLIC_KEY: issuer.publicKey } });

  test.for([
    ["none", undefined, /wants a token; give one by --token-file, --token or AIRUNNER_TOKEN/],
    ["an old one", { exp: 1_000 }, /the token has expired, .* make another with 'airunner-cli token'/],
    ["one of another key", "other", /does not accept the token \(invalid token\)/],
    ["one that allows less", { scope: "submit" }, /scope/],
  ] as const)("is %s", async ([, claims, message], { expect }) => {
    await using server = await start();
    const token =
      claims === undefined
        ? undefined
        : await (claims === "other"
            ? createIssuer().token({ sub: "me" })
            : issuer.token({ sub: "me", ...claims }));
    const args = token === undefined ? [] : [`--token=${token}`];
    const { exitCode, stderr } = await runCommand(["list", `--server=${server.server.url}`, ...args]);
    expect(exitCode).toBe(77);
    expect(stderr).toMatch(message);
    if (token !== undefined) expect(stderr).not.toContain(token);
  });

  test("comes from a flag, a file or the environment, the flag first", async ({ expect }) => {
    await using server = await start();
    await using directory = await testDirectory();
    const file = join(directory.path, "token");
    const token = await issuer.token({ sub: "me" });
    writeFileSync(file, `${token}\n`);
    const good = [
      { args: [`--token=${token}`], env: { AIRUNNER_TOKEN: "bad" } },
      { args: ["--token-file", file], env: { AIRUNNER_TOKEN: "bad" } },
      { args: [], env: { AIRUNNER_TOKEN: token } },
      { args: [], env: { AIRUNNER_TOKEN_FILE: file, AIRUNNER_TOKEN: "" } },
    ];
    for (const { args, env } of good) {
      const { exitCode } = await runCommand(["list", `--server=${server.server.url}`, ...args], { env });
      expect(exitCode).toBe(0);
    }
    const both = await runCommand(["list", "--token=x", "--token-file", file]);
    expect(both).toMatchObject({
      exitCode: 80,
      stderr: expect.stringContaining("--token and --token-file are both given"),
    });
  });

  test("file is read again when it changes, and its last good token kept meanwhile", async ({ expect }) => {
    await using server = await start();
    await using directory = await testDirectory();
    const file = join(directory.path, "token");
    writeFileSync(file, await createIssuer().token({ sub: "me" }));
    using clients = createJobClients({ server: server.server.url, token: fileToken(file) });
    await expect(clients.jobs.listJobs({})).rejects.toThrow("invalid token");
    writeFileSync(`${file}.new`, await issuer.token({ sub: "me" }));
    renameSync(`${file}.new`, file);
    await expect(clients.jobs.listJobs({})).resolves.toMatchObject({ jobs: [] });
    writeFileSync(file, "");
    await expect(clients.jobs.listJobs({})).resolves.toMatchObject({ jobs: [] });
  });

  test.for([
    ["not there", undefined, /the token file .* cannot be read \(ENOENT\)/],
    ["empty", "\n", /the token file .* is empty; make a token with 'airunner-cli token'/],
    ["another file", "hello world\n", /holds blanks or characters that no token has/],
  ] as const)("file is %s", async ([, content, message], { expect }) => {
    await using server = await start();
    await using directory = await testDirectory();
    const file = join(directory.path, "token");
    if (content !== undefined) writeFileSync(file, content);
    const { exitCode, stderr } = await runCommand([
      "list",
      `--server=${server.server.url}`,
      "--token-file",
      file,
    ]);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(message);
  });
});

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listening(server: Server, host = "127.0.0.1"): Promise<Listening> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, host);
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The same server under an address of this machine that its certificate does not name. */
async function forward(host: string, port: number): Promise<Listening> {
  const { connect } = await import("node:net");
  return listening(
    createTcpServer((socket) => {
      const upstream = connect(port, "127.0.0.1");
      socket.on("error", () => upstream.destroy());
      upstream.on("error", () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    }),
    host,
  );
}

test("a handshake that is never answered does not cut the client off: a later call gets a connection of its own", async ({
  expect,
}) => {
  let accepted = 0;
  const silent = createTcpServer((socket) => {
    accepted += 1;
    socket.on("error", () => {}).resume();
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  using clients = createJobClients({
    server: `https://127.0.0.1:${port}`,
    trust: { certificates: [], source: "nobody" },
    connectTimeoutMs: 50,
  });
  for (const count of [1, 2]) {
    await expect(clients.jobs.getJob({ jobId: "any" }, { timeoutMs: 30_000 })).rejects.toThrow(/in time/);
    expect(accepted).toBe(count);
  }
  clients[Symbol.dispose]();
  silent.close();
});
