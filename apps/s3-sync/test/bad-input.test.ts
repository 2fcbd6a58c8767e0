// SPDX-License-Identifier: Apache-2.0
// What users get wrong, and what servers and rclones do that they should not: one sentence, one exit code, nothing touched.
import { chmod, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { freePort, testDirectory } from "@repo/testkit";
import { type Exit, runExecutable } from "@repo/testkit/process";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import type { TestContext } from "vitest";
import { z } from "zod";
import { adminCalls } from "./fault-s3/admin.ts";
import {
  createTlsIdentity,
  DEFAULT_CREDENTIALS,
  type FaultRule,
  type LogEntry,
  startFaultS3,
  WRITES,
} from "./fault-s3/index.ts";
import { BUNDLE } from "./guard/job.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  s3: async () => {
    const server = await startFaultS3({ buckets: ["origin", "mirror"] });
    const { put } = adminCalls(server);
    for (const bucket of ["origin", "mirror"]) put([{ bucket, key: "kept", body: bucket }]);
    put([{ bucket: "mirror", key: "surplus", body: "surplus" }]);
    return server;
  },
});

/** Longest that a fault may take to be told: the pre-flight's ten seconds and the process around it. */
const DEADLINE_MS = 20_000;

const Line = z.looseObject({
  level: z.string(),
  msg: z.string().optional(),
  reason: z.string().optional(),
  exit_code: z.number().optional(),
});

interface Run {
  readonly exit: Exit;
  readonly lines: readonly z.output<typeof Line>[];
  readonly text: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

function goodEnvironment(endpoint: string, rclonePath: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = DEFAULT_CREDENTIALS;
  return {
    SOURCE_S3_ENDPOINT: endpoint,
    SOURCE_ACCESS_KEY: accessKeyId,
    SOURCE_SECRET_KEY: secretAccessKey,
    SOURCE_BUCKET: "origin",
    DEST_S3_ENDPOINT: endpoint,
    DEST_ACCESS_KEY: accessKeyId,
    DEST_SECRET_KEY: secretAccessKey,
    DEST_BUCKET: "mirror",
    RETRIES: "1",
    RCLONE_PATH: rclonePath,
  };
}

async function run(env: Environment): Promise<Run> {
  await using directory = await testDirectory();
  const own = {
    CONFIG_DIR: join(directory.path, "config"),
    TERMINATION_LOG_PATH: join(directory.path, "message"),
  };
  await using job = await runExecutable({ file: BUNDLE, env: { ...own, ...env }, inheritEnv: ["PATH"] });
  const exit = await job.waitForExit({ deadlineMs: DEADLINE_MS });
  // Whatever goes wrong, standard output is JSON lines.
  const lines = job.stdout.lines.map((line) => Line.parse(JSON.parse(line)));
  return { exit, lines, text: [...job.stdout.lines, ...job.stderr.lines].join("\n") };
}

/** A write that came about; the pre-flight's question whether it may write is made to fail. */
function isWrite({ operation, status }: LogEntry): boolean {
  return status < 400 && (WRITES.includes(operation) || operation === "CreateBucket");
}

/** What the run said in words, summary and errors alike. */
function sentences({ lines }: Run): string {
  return lines
    .flatMap((line) => [line.msg, line.reason])
    .filter((text) => text !== undefined)
    .join("\n");
}

const SECRET = "p4ss/w0rd+that=must&never show";

type Expect = TestContext["expect"];

async function expectRefusal(
  expect: Expect,
  env: Environment,
  exitCode: number,
  sentence: RegExp,
): Promise<Run> {
  const ended = await run(env);
  expect({ code: ended.exit.code, said: sentences(ended) }).toEqual({
    code: exitCode,
    said: expect.stringMatching(new RegExp(sentence.source, `i${sentence.flags}`.replace("ii", "i"))),
  });
  for (const secret of [SECRET, encodeURIComponent(SECRET), DEFAULT_CREDENTIALS.secretAccessKey]) {
    expect(ended.text).not.toContain(secret);
  }
  return ended;
}

test("names all missing variables in one message", async ({ expect }) => {
  const required = ["S3_ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "BUCKET"].flatMap((name) => [
    `SOURCE_${name}`,
    `DEST_${name}`,
  ]);
  const ended = await run({ SOURCE_BUCKET: "  " });
  expect(ended.exit.code).toBe(2);
  const message = ended.lines.find((line) => line.level === "error")?.msg ?? "";
  for (const name of required) expect(message).toContain(name);
});

test.for<[variable: string, value: string, sentence: RegExp]>([
  ["SOURCE_S3_ENDPOINT", "ftp://example.com", /https?:\/\//],
  ["SOURCE_S3_ENDPOINT", `https://user:${encodeURIComponent(SECRET)}@example.com`, /user name or password/],
  ["DEST_S3_ENDPOINT", "https://example.com/bucket", /without a path/],
  ["SOURCE_BUCKET", "bucket/prefix", /prefix/],
  ["SOURCE_BUCKET", "remote:bucket", /colon/],
  ["DEST_PREFIX", "../up", /\.\./],
  ["SOURCE_PREFIX", "/lead", /slash/],
  ["DRY_RUN", "maybe", /true.*false/],
  ["MAX_DELETE", "1e+06", /Helm.*quotes/],
  ["MAX_DELETE", "-2", /-1/],
  ["MAX_DELETE", "12.5", /whole number/],
  ["MAX_DELETE_PERCENT", "101", /100/],
  ["RETRIES", "0", /1/],
  ["LOG_LEVEL", "loud", /debug.*info.*warn.*error/],
  ["BANDWIDTH_LIMIT", "50MB", /50M/],
  ["COMPARE", "etag", /modtime.*hybrid.*checksum.*size/],
  ["VERIFY", "yes", /none.*check.*download/],
  ["TRANSFERS", "0", /1/],
  ["CHECKERS", "many", /whole number/],
  ["MAX_DURATION", "soon", /55m|30s|1h/],
  ["STATS_INTERVAL", "-1s", /./],
  ["HEALTH_PORT", "70000", /65535/],
  ["CA_CERT", "not a certificate", /PEM/],
  ["WEBHOOK_URL", "hooks.example.com/token", /http:\/\/ or https:\/\//],
  ["SOURCE_SECRET_KEY", "two\nlines", /line break|control/],
])(
  "refuses %s=%j with a sentence that names it",
  async ([variable, value, sentence], { s3, newest, expect }) => {
    const ended = await run({ ...goodEnvironment(s3.endpoint, newest), [variable]: value });
    const said = sentences(ended);
    expect({ code: ended.exit.code, said }).toEqual({ code: 2, said: expect.stringContaining(variable) });
    expect(said.slice(said.indexOf(variable))).toMatch(sentence);
    expect(ended.text).not.toContain(SECRET);
  },
);

test.for<[fault: string, env: Environment, exitCode: number, sentence: RegExp]>([
  ["an unknown key", { SOURCE_ACCESS_KEY: "nobody" }, 11, /source.*InvalidAccessKeyId/s],
  ["a wrong secret", { DEST_SECRET_KEY: SECRET }, 11, /destination.*SignatureDoesNotMatch/s],
  ["a missing source bucket", { SOURCE_BUCKET: "absent" }, 3, /source.*absent.*NoSuchBucket/s],
  ["a missing destination bucket", { DEST_BUCKET: "absent" }, 3, /destination.*absent.*CREATE_DEST_BUCKET/s],
  [
    "a wrong region",
    { SOURCE_REGION: "eu-nowhere-1" },
    2,
    /source.*us-east-1.*SOURCE_REGION|SOURCE_REGION.*us-east-1/s,
  ],
  ["one place on both sides", { DEST_BUCKET: "origin" }, 2, /same|overlap|contain/i],
  [
    "a source inside the destination",
    { DEST_BUCKET: "origin", SOURCE_PREFIX: "sub" },
    2,
    /same|overlap|contain/i,
  ],
  ["a prefix that does not exist", { SOURCE_PREFIX: "no-such-prefix" }, 13, /ALLOW_EMPTY_SOURCE/],
  ["a limit below the surplus", { MAX_DELETE: "0" }, 7, /MAX_DELETE/],
  [
    "a name that does not resolve",
    { DEST_S3_ENDPOINT: "http://nowhere.invalid" },
    5,
    /destination.*nowhere\.invalid/s,
  ],
])(
  "tells %s apart before anything is touched",
  async ([, changes, exitCode, sentence], { s3, newest, expect }) => {
    s3.log.clear();
    await expectRefusal(expect, { ...goodEnvironment(s3.endpoint, newest), ...changes }, exitCode, sentence);
    expect(s3.log.entries.filter((entry) => isWrite(entry))).toEqual([]);
  },
);

test.for<[fault: string, rule: FaultRule, exitCode: number, sentence: RegExp]>([
  [
    "no permission to list",
    { bucket: "origin", fault: { kind: "error", code: "AccessDenied" } },
    11,
    /AccessDenied/,
  ],
  [
    "an expired token",
    { bucket: "origin", fault: { kind: "error", code: "ExpiredToken" } },
    11,
    /ExpiredToken/,
  ],
  [
    "a clock that is wrong",
    { bucket: "mirror", fault: { kind: "error", code: "RequestTimeTooSkewed" } },
    11,
    /clock/i,
  ],
  ["a server that is overloaded for good", { fault: { kind: "error", code: "SlowDown" } }, 5, /SlowDown|503/],
  ["a login page", { fault: { kind: "answer", status: 200, body: "<html>login</html>" } }, 2, /S3/],
  [
    "an answer that is not XML",
    { fault: { kind: "answer", status: 200, body: "ok", contentType: "text/plain" } },
    2,
    /S3/,
  ],
  [
    "a redirect",
    { fault: { kind: "answer", status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } } },
    2,
    /redirect/i,
  ],
  ["a connection that is always reset", { fault: { kind: "reset" } }, 5, /reset/i],
  ["a server that never answers", { fault: { kind: "hang" } }, 5, /answer|time/i],
  ["a body without end", { fault: { kind: "endless" } }, 2, /S3|large|long/i],
])("tells %s apart before anything is touched", async ([, rule, exitCode, sentence], { newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"], faults: [rule] });
  await expectRefusal(expect, goodEnvironment(server.endpoint, newest), exitCode, sentence);
});

async function listenSilently(): Promise<Server & AsyncDisposable> {
  // Read and dropped, so that the end of a client is noticed.
  const server = createServer((socket) => socket.resume().on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test("gives up on a port that accepts and never speaks, of either side, with TLS and without", async ({
  s3,
  newest,
  expect,
}) => {
  await using silent = await listenSilently();
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const env = {
    ...goodEnvironment(s3.endpoint, newest),
    SOURCE_S3_ENDPOINT: `https://127.0.0.1:${port}`,
    DEST_S3_ENDPOINT: `http://127.0.0.1:${port}`,
  };
  await expectRefusal(expect, env, 5, new RegExp(`127\\.0\\.0\\.1:${port}`));
});

test("names a port where nothing listens", async ({ s3, newest, expect }) => {
  const port = await freePort();
  await expectRefusal(
    expect,
    { ...goodEnvironment(s3.endpoint, newest), DEST_S3_ENDPOINT: `http://127.0.0.1:${port}` },
    5,
    /destination.*refused/s,
  );
});

test("hints at http:// where HTTPS is asked of a plain port, and at CA_CERT for a private CA", async ({
  s3,
  newest,
  expect,
}) => {
  const env = goodEnvironment(s3.endpoint, newest);
  await expectRefusal(
    expect,
    { ...env, SOURCE_S3_ENDPOINT: s3.endpoint.replace("http:", "https:") },
    2,
    /http:\/\//,
  );
  await using secure = await startFaultS3({ buckets: ["origin", "mirror"], tls: await createTlsIdentity() });
  await expectRefusal(expect, { ...env, SOURCE_S3_ENDPOINT: secure.endpoint }, 2, /CA_CERT/);
});

test("ends the brief's smoke command as an unreachable endpoint, not as a settings error", async ({
  newest,
  expect,
}) => {
  const names = ["S3_ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "BUCKET"].flatMap((name) => [
    `SOURCE_${name}`,
    `DEST_${name}`,
  ]);
  const env = {
    ...Object.fromEntries(names.map((name) => [name, "test"])),
    DRY_RUN: "true",
    RCLONE_PATH: newest,
  };
  const ended = await expectRefusal(expect, env, 5, /test/);
  expect(ended.lines.some((line) => line.level === "error")).toBe(true);
});

test.for<[state: string, script: string | undefined, exitCode: number, sentence: RegExp]>([
  ["absent", undefined, 127, /rclone.*(not found|does not exist|cannot be found)/is],
  ["broken", "#!/bin/sh\necho nonsense\n", 127, /rclone/],
  ["crashing", "#!/bin/sh\nexit 3\n", 127, /rclone/],
  ["too old", "#!/bin/sh\necho 'rclone v1.53.3'\n", 127, /1\.53\.3.*1\.60/s],
])("says that rclone is %s", async ([, script, exitCode, sentence], { s3, expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "rclone");
  if (script !== undefined) {
    await writeFile(path, script);
    await chmod(path, 0o755);
  }
  await expectRefusal(expect, goodEnvironment(s3.endpoint, path), exitCode, sentence);
});

test("says that rclone was killed, and deletes nothing", async ({ s3, newest, expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "rclone");
  // The real one for the version, and one that the kernel kills (as for want of memory) for the work.
  await writeFile(path, `#!/bin/sh\ncase "$1" in version) exec ${newest} version;; *) kill -9 $$;; esac\n`);
  await chmod(path, 0o755);
  s3.log.clear();
  await expectRefusal(expect, goodEnvironment(s3.endpoint, path), 1, /SIGKILL|killed/);
  expect(s3.log.entries.filter((entry) => isWrite(entry))).toEqual([]);
});

test.for([
  ["--help", 0, /SOURCE_S3_ENDPOINT/],
  ["--version", 0, /\d+\.\d+\.\d+/],
  ["--frobnicate", 2, /--frobnicate/],
] as const)("answers %s", async ([flag, exitCode, text], { expect }) => {
  await using job = await runExecutable({ file: BUNDLE, args: [flag], inheritEnv: ["PATH"] });
  const exit = await job.waitForExit({ deadlineMs: DEADLINE_MS });
  expect(exit.code).toBe(exitCode);
  expect([...job.stdout.lines, ...job.stderr.lines].join("\n")).toMatch(text);
});

test("says that the port for health checks is taken", async ({ s3, newest, expect }) => {
  const env = goodEnvironment(s3.endpoint, newest);
  const { exit, lines, text } = await run({
    ...env,
    HEALTH_HOST: "127.0.0.1",
    HEALTH_PORT: new URL(s3.endpoint).port,
  });
  expect(exit.code).toBe(2);
  expect(lines.at(-1)).toMatchObject({
    event: "summary",
    failure_class: "config",
    reason: expect.stringMatching(/^Cannot listen on 127\.0\.0\.1:\d+ .*the port is taken/),
    source: { bucket: "origin" },
  });
  expect(text).not.toContain("    at ");
});
