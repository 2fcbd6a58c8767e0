// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type S3Server, startS3 } from "@repo/testkit/s3";
import { withServers } from "@repo/testkit/vitest";
import { type RunOptions, runHardened, startHardened, startTestImage } from "@repo/tools/images";
import { describe } from "vitest";
import { z } from "zod";
import { listBucket } from "./support/bucket.ts";

// Two servers: within one, rclone lets the server copy, which no bandwidth limit slows down.
const test = withServers({
  built: () => startTestImage("s3-sync"),
  from: () => startS3({ program: "seaweedfs" }),
  to: () => startS3({ program: "seaweedfs" }),
});

/** What the user's first try sets: eight times the same word. */
const smoke = {
  SOURCE_S3_ENDPOINT: "test",
  SOURCE_ACCESS_KEY: "test",
  SOURCE_SECRET_KEY: "test",
  SOURCE_BUCKET: "test",
  DEST_S3_ENDPOINT: "test",
  DEST_ACCESS_KEY: "test",
  DEST_SECRET_KEY: "test",
  DEST_BUCKET: "test",
  DRY_RUN: "true",
};

const Line = z.looseObject({ event: z.string().optional() });
const Config = z.object({
  User: z.string(),
  StopSignal: z.string(),
  Entrypoint: z.array(z.string()),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
  Labels: z.record(z.string(), z.string()),
});

/** Every line of standard output; throws where one is not JSON. */
function linesOf(stdout: string) {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Line.parse(JSON.parse(line)));
}

/** A bucket on each server, the first with objects of `bytes` each, and the variables that name them. */
async function twoBuckets(from: S3Server, to: S3Server, bytes: number, count: number) {
  const [source, dest] = [await from.createBucket(), await to.createBucket()];
  for (let index = 0; index < count; index++) {
    const Body = Buffer.alloc(bytes, String(index));
    await from.client().send(new PutObjectCommand({ Bucket: source, Key: `folder/${index}.bin`, Body }));
  }
  const side = (prefix: string, server: S3Server, bucket: string) => ({
    [`${prefix}_S3_ENDPOINT`]: server.endpoint,
    [`${prefix}_ACCESS_KEY`]: server.credentials.accessKeyId,
    [`${prefix}_SECRET_KEY`]: server.credentials.secretAccessKey,
    [`${prefix}_BUCKET`]: bucket,
  });
  return { env: { ...side("SOURCE", from, source), ...side("DEST", to, dest) }, source, dest };
}

/** Keys with their ETags, which are MD5 sums of what such small objects hold. */
async function etagsOf(server: S3Server, bucket: string) {
  return new Map(
    [...(await listBucket({ client: server.client(), bucket }))].map(([key, { etag }]) => [key, etag]),
  );
}

describe("the image", () => {
  test("runs as an ordinary user, in exec form, with its labels", async ({ built, expect }) => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(import.meta.dirname, "..", "package.json"), "utf8")));
    const id = await built.rebuild({ VERSION: version, REVISION: "abc123" });
    const config = Config.parse(
      JSON.parse(await built.engine.docker.output(["image", "inspect", "--format", "{{json .Config}}", id])),
    );
    expect(config).toMatchObject({
      User: "65532:65532",
      StopSignal: "SIGTERM",
      Entrypoint: ["/usr/local/bin/node", "--max-semi-space-size=2", "/app/s3-sync.mjs"],
      Healthcheck: { Test: ["CMD", "/usr/local/bin/node", "/app/s3-sync.mjs", "--healthcheck"] },
    });
    expect(config.Labels).toMatchObject({
      "org.opencontainers.image.title": "s3-sync",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": "abc123",
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
    const printed = await runHardened(built.engine, { image: id, args: ["--version"] });
    expect(printed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(version) });
  });

  test("holds the rclone of its base, and nothing that installs packages", async ({ built, expect }) => {
    const run = (program: string, args: readonly string[]) =>
      runHardened(built.engine, { image: built.image, options: [`--entrypoint=${program}`], args });
    const rclone = await run("/usr/local/bin/rclone", ["version"]);
    expect(rclone).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^rclone v\d+\.\d+\.\d+/) });
    expect((await run("/usr/local/bin/npm", ["--version"])).exitCode).toBe(127);
  });

  test("ends the smoke command with one JSON error about the network", async ({ built, expect }) => {
    const { exitCode, stdout, stderr } = await runHardened(built.engine, { image: built.image, env: smoke });
    const lines = linesOf(stdout);
    expect(lines.at(-1)).toMatchObject({
      event: "summary",
      status: "failed",
      exit_code: exitCode,
      reason: expect.stringMatching(
        /Source bucket .* cannot be reached.* Destination bucket .* cannot be reached/,
      ),
    });
    // A resolver says either that there is no such host (2) or that it cannot tell now (5).
    expect([2, 5]).toContain(exitCode);
    expect(stderr).toBe("");
  });

  test("names all missing variables at once", async ({ built, expect }) => {
    const { exitCode, stdout } = await runHardened(built.engine, { image: built.image });
    expect(exitCode).toBe(2);
    const text = JSON.stringify(linesOf(stdout).at(-1));
    for (const name of Object.keys(smoke).filter((variable) => variable !== "DRY_RUN"))
      expect(text).toContain(name);
  });

  test("mirrors a bucket with a read-only root and no capabilities", async ({ built, from, to, expect }) => {
    const { env, source, dest } = await twoBuckets(from, to, 1_000, 20);
    const { exitCode, stdout } = await runHardened(built.engine, { image: built.image, env });
    expect(linesOf(stdout).at(-1)).toMatchObject({ event: "summary", status: "success", objects_copied: 20 });
    expect(exitCode).toBe(0);
    const copied = await etagsOf(to, dest);
    expect(copied.size).toBe(20);
    expect(copied).toEqual(await etagsOf(from, source));
  });

  test("is healthy while it runs, and ends with 143 and a summary on SIGTERM", async ({
    built,
    from,
    to,
    expect,
  }) => {
    // About a minute's work at this rate.
    const { env } = await twoBuckets(from, to, 4_000_000, 1);
    const run: RunOptions = {
      image: built.image,
      env: { ...env, BANDWIDTH_LIMIT: "64k", STATS_INTERVAL: "200ms" },
      options: ["--health-interval=1s"],
    };
    await using container = await startHardened(built.engine, run);
    await expect.poll(() => container.health(), { timeout: 30_000, interval: 200 }).toBe("healthy");
    await container.signal("TERM");
    expect(await container.wait()).toBe(143);
    const { stdout } = await container.logs();
    expect(linesOf(stdout).at(-1)).toMatchObject({ event: "summary", status: "interrupted", exit_code: 143 });
  });

  test("is built only with an rclone of an allowed digest, when one is given", async ({ built, expect }) => {
    const options = ["--entrypoint=/usr/local/bin/rclone"];
    const hash = await runHardened(built.engine, {
      image: built.image,
      options,
      args: ["hashsum", "sha256", "/usr/local/bin/rclone"],
    });
    const [digest = ""] = hash.stdout.split(" ");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const other = createHash("sha256").update("another program").digest("hex");
    await expect(built.rebuild({ RCLONE_SHA256: other })).rejects.toThrow(
      `rclone has SHA-256 ${digest}, and`,
    );
    // One per architecture may be listed.
    await expect(built.rebuild({ RCLONE_SHA256: `${other} ${digest}` })).resolves.toMatch(/^sha256:/);
  });
});
