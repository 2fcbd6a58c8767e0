// SPDX-License-Identifier: Apache-2.0
// The bundle, as a user starts it.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { createJobClients } from "../../src/client/create-clients.ts";
import { fixedToken } from "../../src/client/token-provider.ts";
import { loadTrust } from "../../src/client/trust.ts";
import { createClients, createIssuer } from "./support/running-server.ts";
import { parseLine, runServer, runToEnd, startServerProcess } from "./support/server-process.ts";

const plain = ["--no-auth", "--no-tls"];

async function get(url: string): Promise<readonly [number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

test("says what it is, and which flags it knows", async ({ expect }) => {
  expect(await runToEnd(["--version"])).toMatchObject({
    exit: { code: 0 },
    stdout: `airunner-server ${manifest.version}`,
    stderr: "",
  });
  const help = await runToEnd(["--help"]);
  expect([help.exit.code, help.stderr]).toEqual([0, ""]);
  expect(help.stdout).toMatch(/Usage: airunner-server \[rpc-server\] \[flags\]/);
  expect(help.stdout).toMatch(/--listen HOST:PORT +.*localhost:8080/);
});

test("with --no-auth alone serves TLS under a certificate that the clients of this user trust", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const env = { AIRUNNER_CERT_DIR: join(directory.path, "certificates") };
  await using serving = await startServerProcess(["--no-auth"], env);
  expect(serving.started).toMatchObject({ auth: "none", tls: "folder", store: "memory", drainMs: 20_000 });
  const lines = serving.program.stdout.lines.map(parseLine);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "warn", msg: expect.stringContaining("authentication is off") }),
  );
  await serving.program.stdout.waitForLine(/how clients trust this server/);
  // By the CLI's own way to the server, which knows nothing but the folder.
  using clients = createJobClients({ server: serving.url, trust: loadTrust({ env }) });
  await clients.connect();
  const { jobId } = await clients.jobs.enqueueJob({ queue: "default", jobParams: { command: "true" } });
  const url = serving.url.replace("127.0.0.1", "localhost");
  using byName = createJobClients({ server: url, trust: loadTrust({ env }) });
  expect((await byName.jobs.getJob({ jobId })).job?.jobId).toBe(jobId);
  expect(await readdir(env.AIRUNNER_CERT_DIR)).toEqual([
    "ca-key.pem",
    "ca.pem",
    "server-key.pem",
    "server.pem",
  ]);

  await using again = await startServerProcess(["rpc-server", "--no-auth"], env);
  expect(again.started["certificateSha256"]).toBe(serving.started["certificateSha256"]);
});

test("cert makes a certificate for further names, which the server then takes", async ({ expect }) => {
  await using directory = await testDirectory();
  const env = { XDG_CONFIG_HOME: directory.path };
  const made = await runToEnd(["cert", "--name", "Runner.example.com"], env);
  expect([made.exit.code, made.stderr]).toEqual([0, ""]);
  const folder = join(directory.path, "airunner", "certificates");
  expect(made.stdout).toContain(`Made a local authority, and a certificate signed by it: ${folder}`);
  expect(made.stdout).toMatch(/names +localhost, 127\.0\.0\.1, ::1, .*runner\.example\.com/);
  expect(made.stdout).toContain(`${folder}/ca.pem`);
  expect((await runToEnd(["cert"], env)).stdout).toContain("is still good");
  await using serving = await startServerProcess(["--no-auth"], env);
  expect(made.stdout).toContain(String(serving.started["certificateSha256"]));

  const files = ["--cert", join(folder, "server.pem"), "--key", join(folder, "server-key.pem")];
  await using brought = await startServerProcess(["--no-auth", ...files]);
  expect(brought.started).toMatchObject({
    tls: "files",
    certificateSha256: serving.started["certificateSha256"],
  });
});

test("checks tokens, and puts no secret into its log", async ({ expect }) => {
  const issuer = createIssuer();
  const secret = "a signing secret of many more than 32 bytes";
  const env = {
    JWT_PUBLIC_KEY: issuer.publicKey.replaceAll("\n", "\\n"),
    AIRUNNER_TOKEN_SIGNING_SECRET: secret,
    AIRUNNER_LOG_LEVEL: "debug",
  };
  await using serving = await startServerProcess(["--no-tls"], env);
  const token = await issuer.token({ sub: "ann" });
  using ann = createJobClients({ server: serving.url, token: fixedToken(token, "the test") });
  const { jobId } = await ann.jobs.enqueueJob({
    queue: "default",
    jobParams: { command: "true", environment: { PASSWORD: "hunter2hunter2" } },
  });
  expect((await ann.jobs.getJob({ jobId })).job?.submitter).toBe("ann");
  const refused = await createClients(serving.url)
    .jobs.listJobs({})
    .catch((error: unknown) => ConnectError.from(error));
  expect(refused).toMatchObject({ code: Code.Unauthenticated, rawMessage: "missing bearer token" });
  await serving.program.stdout.waitForLine(/"code":"unauthenticated"/);
  const log = serving.program.stdout.lines.join("\n");
  expect(log).toContain('"subject":"ann"');
  for (const hidden of [secret, token, "hunter2hunter2"]) expect(log).not.toContain(hidden);
});

test("tokens of another server with the same secret are good, former secrets included", async ({
  expect,
}) => {
  const [old, fresh] = ["o".repeat(40), "f".repeat(40)];
  await using first = await startServerProcess(plain, { AIRUNNER_TOKEN_SIGNING_SECRET: old });
  const before = createClients(first.url);
  await before.jobs.enqueueJob({ queue: "q", jobParams: { command: "true" } });
  const [claimed] = await Array.fromAsync(before.jobs.dequeueJob({ queue: "q" }));
  const taskToken = claimed?.taskToken ?? "";
  const told = async (env: Record<string, string>) => {
    await using server = await startServerProcess(plain, env);
    const error = await createClients(server.url)
      .jobs.completeJob({ taskToken, jobResult: { success: true } })
      .catch((error: unknown) => ConnectError.from(error));
    return error instanceof ConnectError ? Code[error.code] : "ok";
  };
  // Read, and then not found: the memory of another server. Without the secret it is no token at all.
  expect(
    await told({ AIRUNNER_TOKEN_SIGNING_SECRET: fresh, AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS: old }),
  ).toBe("NotFound");
  expect(await told({ AIRUNNER_TOKEN_SIGNING_SECRET: fresh })).toBe("InvalidArgument");
  expect(await told({})).toBe("InvalidArgument");
});

test("answers health checks on both ports, and metrics on its own", async ({ expect }) => {
  await using serving = await startServerProcess(plain);
  expect(await get(`${serving.url}/health`)).toEqual([200, '{"status":"ok"}']);
  expect((await fetch(`${serving.url}/health`, { method: "POST" })).status).toBe(200);
  expect(await get(`${serving.healthUrl}/livez`)).toEqual([200, "ok"]);
  expect(await get(`${serving.healthUrl}/readyz?verbose`)).toEqual([
    200,
    expect.stringContaining("[+]store ok"),
  ]);
  await createClients(serving.url).jobs.enqueueJob({ queue: "q", jobParams: { command: "true" } });
  const [status, text] = await get(`${serving.healthUrl}/metrics`);
  expect(status).toBe(200);
  expect(text).toMatch(/^airunner_jobs_enqueued_total\{queue="q"\} 1$/m);
  expect((await fetch(`${serving.url}/metrics`)).status).toBe(404);
  const port = new URL(serving.healthUrl).port;
  const probe = (address: string) => runToEnd(["--healthcheck"], { AIRUNNER_HEALTH_LISTEN: address });
  expect((await probe(`127.0.0.1:${port}`)).exit.code).toBe(0);
  expect((await probe("127.0.0.1:1")).exit.code).toBe(1);
  expect((await probe("off")).exit.code).toBe(2);
});

test("on SIGTERM ends streams so that clients try again, lets calls finish, and exits with 0", async ({
  expect,
}) => {
  await using serving = await startServerProcess(plain);
  const { jobs, events } = createClients(serving.url);
  await jobs.enqueueJob({ queue: "q", jobParams: { command: "true" } });
  const [claimed] = await Array.fromAsync(jobs.dequeueJob({ queue: "q" }));
  const jobId = claimed?.job?.jobId ?? "";
  const ends = [
    Array.fromAsync(jobs.dequeueJob({ queue: "q" })),
    Array.fromAsync(events.streamJobEvents({ jobId })),
  ].map((stream) =>
    stream.then(
      () => "ended",
      (error: unknown) => Code[ConnectError.from(error).code],
    ),
  );
  await waitFor(
    async () => /airunner_streams_active\S* 1\n/.test((await get(`${serving.healthUrl}/metrics`))[1]),
    {
      what: "the reader",
    },
  );
  serving.program.kill("SIGTERM");
  expect(await Promise.all(ends)).toEqual(["Unavailable", "Unavailable"]);
  expect(await serving.program.waitForExit()).toMatchObject({ code: 0, signal: null });
  const said = serving.program.stdout.lines.map((line) => parseLine(line)["msg"]);
  expect(said.slice(said.indexOf("draining"))).toEqual(expect.arrayContaining(["draining", "drained"]));
  expect(serving.program.stderr.lines).toEqual([]);
});

test("gives a worker's open stream of events the drain time, then ends it and still exits with 0", async ({
  expect,
}) => {
  await using serving = await startServerProcess([...plain, "--drain-timeout", "1s"]);
  const { jobs, events } = createClients(serving.url);
  await jobs.enqueueJob({ queue: "q", jobParams: { command: "true" } });
  const [claimed] = await Array.fromAsync(jobs.dequeueJob({ queue: "q" }));
  const taskToken = claimed?.taskToken ?? "";
  const never = Promise.withResolvers<void>();
  const messages = async function* () {
    yield { taskToken, events: [] };
    await never.promise;
  };
  const published = events.publishJobEvents(messages()).then(
    () => "answered",
    (error: unknown) => Code[ConnectError.from(error).code],
  );
  await waitFor(
    async () =>
      /airunner_events_publish_duration\S*_count\S* 1\n/.test((await get(`${serving.healthUrl}/metrics`))[1]),
    { what: "the message" },
  );
  serving.program.kill("SIGTERM");
  await serving.program.stdout.waitForLine(/"msg":"draining"/);
  expect((await get(`${serving.healthUrl}/readyz`))[0]).toBe(503);
  expect(await serving.program.waitForExit()).toMatchObject({ code: 0 });
  expect(await published).toBe("Unavailable");
  never.resolve();
});

test("refuses what it cannot do, in one sentence", async ({ expect }) => {
  await using directory = await testDirectory();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  await using _taken = {
    [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => taken.close(resolve))),
  };
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : 0;
  const file = join(directory.path, "file");
  await writeFile(file, "");
  await mkdir(join(directory.path, "empty"));
  const free = { AIRUNNER_LISTEN: "127.0.0.1:0", AIRUNNER_HEALTH_LISTEN: "127.0.0.1:0" };
  const cases: readonly (readonly [readonly string[], Record<string, string>, RegExp])[] = [
    [
      ["--listen", "*:0"],
      {},
      /^airunner-server cannot start: callers from other machines cannot be authenticated: set JWT_PUBLIC_KEY .* or listen on localhost\.$/,
    ],
    [
      ["--listne", "x"],
      {},
      /^airunner-server: unknown option '--listne' \(did you mean --listen\?\); run "airunner-server --help"\.$/,
    ],
    [
      ["--listen", "0.0.0.0:0", "--no-auth"],
      {},
      /--no-auth is refused where other machines reach the port.*AIRUNNER_ALLOW_INSECURE=true/,
    ],
    [
      [...plain, "--store", "sqlite"],
      free,
      /^airunner-server: This build of airunner-server does not have the store sqlite yet; use --store memory/,
    ],
    [[...plain, "--data-dir", "d"], free, /does not have the store sqlite yet/],
    [
      [...plain, "--store", "sqs"],
      { ...free, AIRUNNER_TOKEN_SIGNING_SECRET: "s".repeat(32) },
      /does not have the store sqs yet/,
    ],
    [
      [...plain, "--listen", `127.0.0.1:${port}`],
      { AIRUNNER_HEALTH_LISTEN: "off" },
      /Cannot listen on 127\.0\.0\.1:\d+: the port is taken; .*--listen\.$/,
    ],
    [
      plain,
      { ...free, AIRUNNER_HEALTH_LISTEN: `127.0.0.1:${port}` },
      /Cannot listen on 127\.0\.0\.1:\d+ for health checks: the port is taken.*--health-listen/,
    ],
    [
      [...plain, "--listen", "no-such-host.invalid:0"],
      { ...free, AIRUNNER_ALLOW_INSECURE: "true" },
      /Cannot listen on no-such-host\.invalid:0: this machine has no such address/,
    ],
    [["--no-tls"], { ...free, JWT_PUBLIC_KEY: "/etc/key.pem" }, /JWT_PUBLIC_KEY is not PEM text/],
    [
      ["--no-auth", "--cert", "/nowhere", "--key", "/nowhere"],
      free,
      /--cert names \/nowhere, which cannot be read/,
    ],
    [
      ["--no-auth"],
      { ...free, AIRUNNER_CERT_DIR: join(file, "c") },
      /No certificate can be written to .*AIRUNNER_CERT_DIR.*--no-tls/,
    ],
    [
      ["cert", "--name", "https://x"],
      { AIRUNNER_CERT_DIR: join(directory.path, "c") },
      /^airunner-server: --name must be a host name/,
    ],
  ];
  for (const [args, env, sentence] of cases) {
    const { exit, stderr, stdout } = await runToEnd(args, env);
    expect([args, exit.code, stderr]).toEqual([args, 2, expect.stringMatching(sentence)]);
    expect(stderr.split("\n")).toHaveLength(1);
    expect(stdout).not.toContain('"serving"');
  }
  // And nothing was left behind.
  expect(await readdir(directory.path)).toEqual(["empty", "file"]);
});

test("SIGUSR2 shows each call, and again hides them", async ({ expect }) => {
  await using serving = await startServerProcess(plain);
  const { jobs } = createClients(serving.url);
  await jobs.listJobs({});
  serving.program.kill("SIGUSR2");
  await serving.program.stdout.waitForLine(/log level changed/);
  await jobs.queueStats({});
  const line = parseLine(await serving.program.stdout.waitForLine(/"msg":"call ended"/));
  expect(line).toMatchObject({
    level: "debug",
    rpc: "/job.v1.JobService/QueueStats",
    code: "ok",
    protocol: "connect",
  });
  expect(serving.program.stdout.lines.filter((text) => text.includes("ListJobs"))).toEqual([]);
});

test("a second start on the same port says which port is taken", async ({ expect }) => {
  await using first = await startServerProcess(plain);
  const { port } = new URL(first.url);
  await using second = await runServer([...plain, "--listen", `127.0.0.1:${port}`], {
    AIRUNNER_HEALTH_LISTEN: "off",
  });
  expect((await second.waitForExit()).code).toBe(2);
  expect(second.stderr.lines).toEqual([expect.stringContaining(`127.0.0.1:${port}: the port is taken`)]);
});

test("the launcher in bin/ runs it", async ({ expect }) => {
  const launcher = join(import.meta.dirname, "../../../../bin/airunner-server");
  expect(await readFile(launcher, "utf8")).toContain("SPDX-License-Identifier: Apache-2.0");
  const { runExecutable } = await import("@repo/testkit/process");
  await using program = await runExecutable({ file: launcher, args: ["--version"], inheritEnv: ["PATH"] });
  expect((await program.waitForExit()).code).toBe(0);
  expect(program.stdout.lines).toEqual([`airunner-server ${manifest.version}`]);
});
