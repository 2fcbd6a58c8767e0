// SPDX-License-Identifier: Apache-2.0
// What we rely on of rclone's own readers, asked of the real ones.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { execa } from "execa";
import fc from "fast-check";
import { z } from "zod";
import { findUnwritable, toConfigText } from "../src/rclone/config-text.ts";
import { parseBandwidth } from "../src/settings/bandwidth.ts";
import type { Side } from "../src/side.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});
const versions = ["newest", "oldest"] as const;
const environment = { extendEnv: false, env: { HOME: "/nonexistent" } } as const;

function side(role: Side["role"], secretAccessKey: string, sessionToken: string): Side {
  return {
    role,
    endpoint: new URL("https://s3.example.com"),
    bucket: "b",
    prefix: "",
    region: "eu-1",
    provider: "Other",
    pathStyle: true,
    credentials: { accessKeyId: "id", secretAccessKey, sessionToken },
  };
}

const Dump = z.record(z.string(), z.record(z.string(), z.string()));

/** Text with many of the characters that configuration formats trip over. */
const tricky = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom(..."`\"'#;=[]%()$\\ {}ès😀".split("")), weight: 3 },
      fc.string({ unit: "binary" }),
      fc.constantFrom("%(id)s", "%(", ")s", '"""', "`a`", "%(", " x "),
    ),
    { minLength: 1 },
  )
  .map((parts) => parts.join(""))
  .filter((text) => text !== "" && text.isWellFormed());

test.for(versions)(
  "reads back every secret that we write, and we refuse the rest (%s)",
  async (version, { newest, oldest, expect }) => {
    const path = version === "newest" ? newest : oldest;
    await using directory = await testDirectory();
    const file = join(directory.path, "rclone.conf");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(tricky, tricky), { minLength: 1, maxLength: 4 }), async (pairs) => {
        for (const [secret, token] of pairs) {
          if (findUnwritable(secret) !== undefined || findUnwritable(token) !== undefined) continue;
          const sides = {
            source: side("source", secret, token),
            destination: side("destination", token, secret),
          };
          await writeFile(file, toConfigText({ ...sides, storageClass: "" }));
          const { stdout } = await execa(path, ["config", "dump", `--config=${file}`], environment);
          expect(Dump.parse(JSON.parse(stdout))).toMatchObject({
            source: { secret_access_key: secret, session_token: token, region: "eu-1" },
            dest: { secret_access_key: token, session_token: secret },
          });
        }
      }),
      { numRuns: 30 },
    );
  },
);

test("refuses exactly what the format cannot carry", ({ expect }) => {
  expect(
    ["a\nb", "a\tb", "\u0000", "\u007f", "%(region)s", "x%(a b)sy"].map(
      (value) => findUnwritable(value) !== undefined,
    ),
  ).toEqual(Array(6).fill(true));
  expect(["100%", "%(", "%(a)", "a`b", "é", " a "].map(findUnwritable)).toEqual(Array(6).fill(undefined));
});

const limits = [
  "50M",
  "1.5G",
  "512",
  "100B",
  "50MiB",
  "50Mi",
  "off",
  "0",
  "10M:1M",
  "10M:off",
  "08:00,512k 19:00,off",
  "08:00,10M:1M 23:59,off",
  "Mon-08:00,512k Sun-19:00,off",
];

test.for(versions.flatMap((version) => limits.map((limit) => [version, limit] as const)))(
  "%s takes the limit %s",
  async ([version, limit], { newest, oldest, expect }) => {
    const accepted = parseBandwidth(limit);
    expect(accepted).toBeDefined();
    const { exitCode, stderr } = await execa(
      version === "newest" ? newest : oldest,
      ["listremotes", "--config=/dev/null", `--bwlimit=${accepted}`],
      { ...environment, reject: false },
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  },
);

test.for([
  "50MB",
  "fast",
  "-5",
  "",
  "50M 10M",
  "25:00,5M",
  "08:00 5M",
  "08:00,5M,6M",
  "1e3",
  "10M:1M:2M",
  "∞",
])("refuses the limit %j", (limit, { expect }) => {
  expect(parseBandwidth(limit)).toBeUndefined();
});
