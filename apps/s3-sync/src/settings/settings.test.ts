// SPDX-License-Identifier: Apache-2.0
import { SettingsError } from "@repo/service";
import { test } from "vitest";
import { loadS3SyncSettings } from "./settings.ts";

const required = {
  SOURCE_S3_ENDPOINT: "s3.example.com",
  SOURCE_ACCESS_KEY: "ka",
  SOURCE_SECRET_KEY: "source-secret",
  SOURCE_BUCKET: "origin",
  DEST_S3_ENDPOINT: "http://127.0.0.1:9000/",
  DEST_ACCESS_KEY: "kb",
  DEST_SECRET_KEY: "dest-secret",
  DEST_BUCKET: "mirror",
};

function problemOf(env: Readonly<Record<string, string | undefined>>): string {
  try {
    loadS3SyncSettings({ ...required, ...env });
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return "";
}

test("names all eight missing variables at once, blank ones too", ({ expect }) => {
  const blank = Object.fromEntries(
    Object.keys(required).map((name, index) => [name, index % 2 ? " " : undefined]),
  );
  const message = problemOf(blank);
  for (const name of Object.keys(required)) expect(message).toContain(name);
});

test("has the defaults of the README", ({ expect }) => {
  const { settings, warnings } = loadS3SyncSettings(required);
  expect(settings).toMatchObject({
    isDryRun: false,
    maxDelete: 1000,
    maxDeletePercent: undefined,
    retries: 3,
    logLevel: "info",
    bandwidthLimit: undefined,
    compare: "modtime",
    verify: "none",
    transfers: 16,
    checkers: 32,
    maxDurationMs: 3_300_000,
    statsIntervalMs: 30_000,
    health: undefined,
    configDir: "/tmp/rclone-config",
  });
  expect(settings.source.endpoint.href).toBe("https://s3.example.com/");
  expect(settings.destination.endpoint.origin).toBe("http://127.0.0.1:9000");
  expect(warnings).toEqual([]);
});

test.for([
  ["SOURCE_PREFIX", "a", "a/"],
  ["SOURCE_PREFIX", "a/b//", "a/b/"],
  ["SOURCE_PREFIX", " ", ""],
] as const)("reads %s=%j as %j", ([name, value, prefix], { expect }) => {
  expect(loadS3SyncSettings({ ...required, [name]: value }).settings.source.prefix).toBe(prefix);
});

test.for([
  ["SOURCE_S3_ENDPOINT", "https://user:hunter2@s3.example.com", /user name or password/],
  ["SOURCE_S3_ENDPOINT", "https://s3.example.com/bucket", /without a path/],
  ["SOURCE_S3_ENDPOINT", "https://s3.example.com/?x", /without a path/],
  ["SOURCE_S3_ENDPOINT", "ftp://s3.example.com", /http/],
  ["SOURCE_BUCKET", "a/b", /prefix/],
  ["SOURCE_BUCKET", "remote:a", /colon/],
  ["SOURCE_BUCKET", "..", /bucket name/],
  ["SOURCE_BUCKET", "-x", /bucket name/],
  ["DEST_PREFIX", "/a", /slash/],
  ["DEST_PREFIX", "a/../b", /\.\./],
  ["DEST_PREFIX", "a//b", /two slashes/],
  ["DEST_PREFIX", "/", /slash alone/],
  ["DEST_PREFIX", "a\u0001b", /control/],
  ["DEST_PREFIX", "a␊b", /symbol/],
  ["MAX_DELETE", "1e+06", /Helm/],
  ["MAX_DELETE", "-2", /-1/],
  ["MAX_DELETE", "1.5", /whole number/],
  ["MAX_DELETE_PERCENT", "101", /100/],
  ["RETRIES", "0", /RETRIES/],
  ["BANDWIDTH_LIMIT", "50MB", /50M/],
  ["COMPARE", "etag", /hybrid/],
  ["CA_CERT", "nonsense", /PEM/],
  ["SOURCE_SECRET_KEY", "a\nb", /control character/],
  ["DEST_SECRET_KEY", "%(region)s", /%\(name\)s/],
  ["WEBHOOK_URL", "not-a-url", /http/],
  ["CONFIG_DIR", "relative", /absolute/],
  ["CONFIG_DIR", `/${"x".repeat(80)}`, /71/],
] as const)(
  "refuses %s=%j with a sentence, without the value of a secret",
  ([name, value, sentence], { expect }) => {
    const message = problemOf({ [name]: value });
    expect(message).toContain(name);
    expect(message).toMatch(sentence);
    expect(message).not.toContain("hunter2");
  },
);

test("refuses a share of deletions where no plan is made", ({ expect }) => {
  expect(problemOf({ MAX_DELETE: "-1", MAX_DELETE_PERCENT: "5" })).toMatch(
    /MAX_DELETE_PERCENT cannot hold with MAX_DELETE=-1/,
  );
});

test("tells of a secret that ended in a line break, and drops it", ({ expect }) => {
  const { settings, warnings } = loadS3SyncSettings({ ...required, SOURCE_SECRET_KEY: "secret\n" });
  expect(settings.source.credentials.secretAccessKey).toBe("secret");
  expect(warnings.join()).toMatch(/SOURCE_SECRET_KEY.*line break/);
});

test("keeps the secrets together, but for what is public anyway", ({ expect }) => {
  const { secrets } = loadS3SyncSettings({
    ...required,
    DEST_ACCESS_KEY: "mirror",
    WEBHOOK_URL: "https://u:pass-word@hook.example/token",
  });
  expect(secrets).toEqual([
    "ka",
    "source-secret",
    "dest-secret",
    "https://u:pass-word@hook.example/token",
    "pass-word",
  ]);
});

test("leaves out what is a part of a public setting", ({ expect }) => {
  const { secrets } = loadS3SyncSettings({
    ...required,
    SOURCE_ACCESS_KEY: "minio",
    SOURCE_SECRET_KEY: "test",
    DEST_ACCESS_KEY: "example",
    SOURCE_BUCKET: "minio-copy",
    DEST_BUCKET: "test-data",
  });
  expect(secrets).toEqual(["dest-secret"]);
});
