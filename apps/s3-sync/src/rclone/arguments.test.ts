// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { loadS3SyncSettings } from "../settings/settings.ts";
import { type ArgumentContext, type PassOptions, toArguments } from "./arguments.ts";

const required = {
  SOURCE_S3_ENDPOINT: "https://a.example",
  SOURCE_ACCESS_KEY: "source-key-id",
  SOURCE_SECRET_KEY: "source-secret",
  SOURCE_BUCKET: "origin",
  DEST_S3_ENDPOINT: "b.example",
  DEST_ACCESS_KEY: "dest-key-id",
  DEST_SECRET_KEY: "dest-secret",
  DEST_BUCKET: "mirror",
};

function argumentsOf(
  env: Readonly<Record<string, string>> = {},
  options: Partial<PassOptions> = {},
  context: Partial<ArgumentContext> = {},
): string[] {
  const { settings } = loadS3SyncSettings({ ...required, ...env });
  const features = {
    canFastList: true,
    hasListCutoff: true,
    hasMaxBufferMemory: true,
    countsServerSideCopies: true,
  };
  const whole = {
    settings,
    features,
    configFile: "/c",
    caFile: undefined,
    statsMs: 30_000,
    remainingMs: undefined,
  };
  return toArguments({ ...whole, ...context }, { command: "copy", compare: "modtime", ...options });
}

test("names both sides with their prefixes, and no secret", ({ expect }) => {
  const args = argumentsOf({ SOURCE_PREFIX: "in", DEST_PREFIX: "a/b/" });
  expect(args.slice(0, 4)).toEqual(["copy", "source:origin/in/", "dest:mirror/a/b/", "--config=/c"]);
  expect(args.join(" ")).not.toMatch(/secret|key-id/);
});

test.for<[env: Record<string, string>, options: Partial<PassOptions>, present: string]>([
  [{ LOG_LEVEL: "debug" }, {}, "--log-level=DEBUG"],
  [{ LOG_LEVEL: "debug" }, {}, "--stats-log-level=INFO"],
  [{ LOG_LEVEL: "warning" }, {}, "--log-level=NOTICE"],
  [{ LOG_LEVEL: "error" }, {}, "--stats-log-level=ERROR"],
  [{ LOG_LEVEL: "error" }, { leastLogLevel: "info" }, "--log-level=INFO"],
  [{ LOG_LEVEL: "debug" }, { leastLogLevel: "notice" }, "--log-level=DEBUG"],
  [{ RETRIES: "7" }, {}, "--retries=7"],
  [{ BANDWIDTH_LIMIT: "08:00,512k  19:00,off" }, {}, "--bwlimit=08:00,512k 19:00,off"],
  [{}, { compare: "checksum" }, "--checksum"],
  [{}, { compare: "size" }, "--size-only"],
  [{}, { isDryRun: true }, "--dry-run"],
  [{}, { maxDelete: 0 }, "--max-delete=0"],
  [{}, { command: "sync" }, "--delete-after"],
  [{}, { minSize: "5M" }, "--min-size=5M"],
  [{}, { filesFrom: "/f" }, "--no-traverse"],
  [{}, {}, "--metadata"],
  [{}, {}, "--fast-list"],
  [{ LIST_CUTOFF: "5" }, {}, "--list-cutoff=5"],
  [{ INSECURE_SKIP_VERIFY: "true" }, {}, "--no-check-certificate"],
  [{ DEST_S3_ENDPOINT: "a.example", DEST_ACCESS_KEY: "source-key-id" }, {}, "--server-side-across-configs"],
])("%j with %j passes %s", ([env, options, present], { expect }) => {
  expect(argumentsOf(env, options)).toContain(present);
});

test.for<
  [
    env: Record<string, string>,
    options: Partial<PassOptions>,
    context: Partial<ArgumentContext>,
    absent: string,
  ]
>([
  [{}, {}, {}, "--bwlimit"],
  [{}, {}, {}, "--max-delete"],
  [{}, {}, {}, "--max-duration"],
  [{}, {}, {}, "--server-side-across-configs"],
  [
    { DEST_S3_ENDPOINT: "a.example", DEST_ACCESS_KEY: "source-key-id", DEST_REGION: "eu-1" },
    {},
    {},
    "--server-side-across-configs",
  ],
  [{ FAST_LIST: "false" }, {}, {}, "--fast-list"],
  [{}, { filesFrom: "/f" }, {}, "--fast-list"],
  [{ PRESERVE_METADATA: "false" }, {}, {}, "--metadata"],
  [{}, { command: "check" }, {}, "--no-update-modtime"],
  [
    { LIST_CUTOFF: "5" },
    {},
    {
      features: {
        canFastList: false,
        hasListCutoff: false,
        hasMaxBufferMemory: false,
        countsServerSideCopies: false,
      },
    },
    "--list-cutoff",
  ],
  [
    {},
    {},
    {
      features: {
        canFastList: false,
        hasListCutoff: false,
        hasMaxBufferMemory: false,
        countsServerSideCopies: false,
      },
    },
    "--fast-list",
  ],
])("%j with %j and %j does not pass %s", ([env, options, context, absent], { expect }) => {
  expect(argumentsOf(env, options, context).filter((argument) => argument.startsWith(absent))).toEqual([]);
});

test("passes what is left of the time budget, at least a moment", ({ expect }) => {
  expect(argumentsOf({}, {}, { remainingMs: 1234.5 })).toContain("--max-duration=1235ms");
  expect(argumentsOf({}, {}, { remainingMs: 0 })).toContain("--max-duration=1ms");
});
