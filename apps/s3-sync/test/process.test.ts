// SPDX-License-Identifier: Apache-2.0
// The program as a process: signals, its time, its secrets, and what it leaves behind.
import { access, chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { DEFAULT_CREDENTIALS, type FaultS3, startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { jobEnvironment, parseJson } from "./support/job.ts";
import { killContainer } from "./support/process-tree.ts";
import { faultSide, PROGRAM, runProgram } from "./support/sync-run.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

const MIB = 1024 * 1024;

/** An object large enough to be uploaded in parts, whose parts share one buffer. */
function putLarge(server: FaultS3, bucket: string, key: string): void {
  const piece = Buffer.alloc(10 * MIB, 7);
  server.store.createBucket(bucket).put(key, {
    body: Array.from({ length: 21 }, () => piece),
    sizeBytes: 210 * MIB,
    etag: "0123456789abcdef0123456789abcdef-42",
    lastModifiedMs: 1_700_000_000_000,
    headers: { "content-type": "application/octet-stream" },
    storageClass: "",
  });
}

/** A destination that takes the first parts of an upload and then falls silent. */
async function startStallingServer(): Promise<FaultS3> {
  return startFaultS3({
    buckets: ["mirror"],
    faults: [{ operation: "UploadPart", prefix: "large", from: 3, fault: { kind: "hang" } }],
  });
}

function hasBegunUpload(server: FaultS3): boolean {
  return server.log.entries.some(
    ({ operation, key, status }) => operation === "UploadPart" && key === "large" && status === 200,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.for([
  ["newest", "SIGTERM", 143],
  ["newest", "SIGINT", 130],
  ["newest", "SIGHUP", 129],
  ["oldest", "SIGTERM", 143],
  ["oldest", "SIGHUP", 129],
] as const)("%s rclone, %s", ([version, signal, exitCode]) => {
  test("aborts the upload under way, says so, and cleans up", async ({ newest, oldest, expect }) => {
    await using source = await startFaultS3({ buckets: ["origin"] });
    await using destination = await startStallingServer();
    putLarge(source, "origin", "large");
    const run = await runProgram({
      rclone: version === "newest" ? newest : oldest,
      source: faultSide(source.endpoint, "origin"),
      destination: faultSide(destination.endpoint, "mirror"),
      during: async (job: Executable) => {
        await waitFor(() => hasBegunUpload(destination), {
          deadlineMs: 30_000,
          what: "a part to be uploaded",
        });
        job.kill(signal);
      },
    });
    expect(run.exit.code).toBe(exitCode);
    expect(run.summary).toMatchObject({
      status: "interrupted",
      failure_class: "interrupted",
      exit_code: exitCode,
      reason: expect.stringContaining(signal),
      proof: "The mirror is not proven whole.",
    });
    expect(JSON.parse(run.terminationMessage)).toMatchObject({ status: "interrupted" });
    expect(destination.store.bucket("mirror").uploads.size).toBe(0);
    expect(run.leftBehind).toEqual([]);
  });
});

const NASTY = "p\"a\\ss'w{o}r<d>&%41 #;=[x]$HOME`+/é😀";

function spellings(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll("%20", "+"),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
}

test.for(["newest", "oldest"] as const)(
  "works with nasty secrets and shows them nowhere (%s)",
  async (version, { newest, oldest, expect }) => {
    const credentials = { accessKeyId: "KEY+/=ID", secretAccessKey: NASTY };
    await using server = await startFaultS3({ buckets: ["origin", "mirror"], credentials: [credentials] });
    putText(server.store, "origin", "a", "1");
    putText(server.store, "origin", NASTY, "an object named like the secret");
    const run = await runProgram({
      rclone: version === "newest" ? newest : oldest,
      source: { endpoint: server.endpoint, bucket: "origin", credentials },
      destination: { endpoint: server.endpoint, bucket: "mirror", credentials },
      settings: { LOG_LEVEL: "debug", WEBHOOK_URL: `http://127.0.0.1:1/${encodeURIComponent(NASTY)}` },
    });
    expect(run.summary).toMatchObject({ status: "success", objects_copied: 2 });
    expect(run.text).toContain("webhook");
    for (const spelling of spellings(NASTY)) {
      expect(run.text).not.toContain(spelling);
      expect(run.terminationMessage).not.toContain(spelling);
    }
  },
);

test("shows no secret in the command line or environment of rclone", async ({ newest, expect }) => {
  await using directory = await testDirectory();
  const seen = join(directory.path, "seen");
  const spy = join(directory.path, "rclone");
  await writeFile(spy, `#!/bin/sh\n{ env; printf '%s\\n' "$@"; } >> ${seen}\nexec ${newest} "$@"\n`);
  await chmod(spy, 0o755);
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const run = await runProgram({
    rclone: spy,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { RCLONE_DRY_RUN: "true", AWS_CA_BUNDLE: "/nonexistent" },
  });
  expect(run.summary).toMatchObject({ status: "success", objects_copied: 1 });
  const text = await readFile(seen, "utf8");
  expect(text).toContain("--config=");
  for (const absent of [
    DEFAULT_CREDENTIALS.secretAccessKey,
    DEFAULT_CREDENTIALS.accessKeyId,
    "RCLONE_DRY_RUN",
    "AWS_CA",
  ]) {
    expect(text).not.toContain(absent);
  }
});

test.for(["newest", "oldest"] as const)(
  "stops within its time budget, keeps what was copied, and exits with 10 (%s)",
  async (version, { newest, oldest, expect }) => {
    await using server = await startFaultS3({ buckets: ["origin", "mirror"], latencyMs: 100 });
    for (let index = 0; index < 400; index += 1) putText(server.store, "origin", `o${index}`, "x");
    const run = await runProgram({
      rclone: version === "newest" ? newest : oldest,
      source: faultSide(server.endpoint, "origin"),
      destination: faultSide(server.endpoint, "mirror"),
      settings: { MAX_DURATION: "3s", TRANSFERS: "2", CHECKERS: "2", RETRIES: "3" },
    });
    expect(run.exit.code).toBe(10);
    expect(run.summary).toMatchObject({ status: "interrupted", failure_class: "time_budget" });
    expect(run.summary.objects_copied).toBe(server.store.bucket("mirror").keysUnder("").length);
  },
);

test("ends an rclone that hangs once the budget and its overtime have passed", async ({ newest, expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "rclone");
  await writeFile(
    path,
    `#!/bin/sh\ncase "$1" in version) exec ${newest} version;; *) exec sleep 600;; esac\n`,
  );
  await chmod(path, 0o755);
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const run = await runProgram({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { MAX_DURATION: "1s" },
  });
  expect(run.summary).toMatchObject({ exit_code: 10, failure_class: "time_budget", status: "interrupted" });
  expect(run.leftBehind).toEqual([]);
});

test("sweeps what a killed run has left, and nothing of a run that lives", async ({ newest, expect }) => {
  await using source = await startFaultS3({ buckets: ["origin"] });
  await using stalling = await startStallingServer();
  await using quick = await startFaultS3({ buckets: ["mirror"] });
  putLarge(source, "origin", "large");
  await using directory = await testDirectory();
  const configDir = join(directory.path, "config");
  const env = (server: FaultS3, settings = {}) =>
    jobEnvironment({
      rclone: newest,
      configDir,
      source: faultSide(source.endpoint, "origin"),
      destination: faultSide(server.endpoint, "mirror"),
      settings,
    });
  const runs = async () => (await readdir(configDir)).toSorted();
  await using killed = await runExecutable({ file: PROGRAM, env: env(stalling) });
  await waitFor(() => hasBegunUpload(stalling), { deadlineMs: 30_000, what: "the first run to upload" });
  const [stale] = await runs();
  await killContainer(killed);
  await killed.waitForExit();
  expect(await runs()).toEqual([stale]);

  await using alive = await runExecutable({ file: PROGRAM, env: env(stalling) });
  const living = await waitFor(
    async () => (await runs()).find((name) => name.startsWith("run-") && name !== stale),
    {
      deadlineMs: 30_000,
      what: "the second run to begin",
    },
  );
  expect(await runs()).toEqual([living]);

  await using third = await runExecutable({ file: PROGRAM, env: env(quick, { DRY_RUN: "true" }) });
  expect((await third.waitForExit()).code).toBe(0);
  expect(await runs()).toEqual([living]);
  alive.kill("SIGTERM");
  await alive.waitForExit();
  expect(await runs()).toEqual([]);
});

test("leaves no keys behind when a second signal ends it at once", async ({ newest, expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "rclone");
  const configDir = join(directory.path, "config");
  const begun = join(directory.path, "begun");
  // It takes no notice of being asked to stop.
  const stubborn = `trap '' TERM; echo $$ > ${begun}.new; mv ${begun}.new ${begun}; while :; do sleep 1; done`;
  await writeFile(path, `#!/bin/sh\ncase "$1" in version) exec ${newest} version;; *) ${stubborn};; esac\n`);
  await chmod(path, 0o755);
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const [source, destination] = [faultSide(server.endpoint, "origin"), faultSide(server.endpoint, "mirror")];
  const env = jobEnvironment({ rclone: path, configDir, source, destination });
  await using job = await runExecutable({ file: PROGRAM, env });
  await waitFor(() => access(begun).then(() => true), { deadlineMs: 30_000, what: "rclone to run" });
  job.kill("SIGTERM");
  job.kill("SIGINT");
  const exit = await job.waitForExit();
  expect([130, 143]).toContain(exit.code);
  expect(await readdir(configDir)).toEqual([]);
  const last = job.stdout.lines.map(parseJson).at(-1);
  expect(last).toMatchObject({ level: "error", version: manifest.version, err: { code: "forced" } });
  expect(last).toHaveProperty("run_id");
  const stubbornPid = Number(await readFile(begun, "utf8"));
  await waitFor(() => !isAlive(stubbornPid), { deadlineMs: 5_000, what: "rclone to be gone too" });
});

test("stops what a wrapper script has started, and does not wait for its pipes", async ({
  newest,
  expect,
}) => {
  await using directory = await testDirectory();
  const [path, begun] = [join(directory.path, "rclone"), join(directory.path, "begun")];
  // The grandchild takes no notice of a TERM and keeps standard error open.
  const grandchild = `(trap '' TERM; sh -c 'echo $PPID' > ${begun}.new; mv ${begun}.new ${begun}; exec sleep 600)`;
  await writeFile(
    path,
    `#!/bin/sh\ncase "$1" in version) exec ${newest} version;; *) ${grandchild}; exit 0;; esac\n`,
  );
  await chmod(path, 0o755);
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const run = await runProgram({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    during: async (job) => {
      await waitFor(() => access(begun).then(() => true), { deadlineMs: 30_000, what: "the wrapper to run" });
      job.kill("SIGTERM");
    },
  });
  expect(run.exit.code).toBe(143);
  expect(run.summary).toMatchObject({ status: "interrupted", failure_class: "interrupted" });
  expect(run.leftBehind).toEqual([]);
  const pid = Number(await readFile(begun, "utf8"));
  await waitFor(() => !isAlive(pid), { deadlineMs: 5_000, what: "the grandchild to be gone" });
});

test("refuses to write keys through a planted link", async ({ newest, expect }) => {
  await using directory = await testDirectory();
  const elsewhere = join(directory.path, "elsewhere");
  await mkdir(elsewhere);
  const link = join(directory.path, "link");
  await symlink(elsewhere, link);
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const run = await runProgram({
    rclone: newest,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { CONFIG_DIR: link },
  });
  expect(run.summary).toMatchObject({
    exit_code: 2,
    failure_class: "config",
    reason: expect.stringContaining("link"),
  });
  expect(await readdir(elsewhere)).toEqual([]);
});

test("answers a health check", async ({ newest, expect }) => {
  await using directory = await testDirectory();
  const check = async (path: string): Promise<number | null> => {
    await using probe = await runExecutable({
      file: PROGRAM,
      args: ["--healthcheck"],
      env: { PATH: "/usr/bin:/bin", RCLONE_PATH: path, CONFIG_DIR: join(directory.path, "config") },
    });
    return (await probe.waitForExit()).code;
  };
  expect(await check(newest)).toBe(0);
  expect(await check(join(directory.path, "absent"))).toBe(1);
});

test("tells bad settings by a summary and a termination message", async ({ newest, expect }) => {
  const run = await runProgram({
    rclone: newest,
    source: faultSide("http://127.0.0.1:1", "a/b"),
    destination: faultSide("http://127.0.0.1:1", "mirror"),
    settings: { MAX_DELETE: "1e+06" },
  });
  expect(run.exit.code).toBe(2);
  expect(run.summary.reason).toMatch(/SOURCE_BUCKET.*MAX_DELETE/s);
  expect(JSON.parse(run.terminationMessage)).toMatchObject({ failure_class: "config", exit_code: 2 });
});
