// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from "node:fs";
import { z } from "zod";
import { ClientError } from "../../client/client-error.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { harmless } from "../text/harmless.ts";

/** YAML reads `yes`, `8080` and `1.5` as what they look like; a variable is text. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const optionalText = text.nullish().transform((value) => value ?? undefined);
const pairs = z
  .record(z.string(), text.nullable())
  .nullish()
  .transform((value) =>
    Object.fromEntries(Object.entries(value ?? {}).map(([key, item]) => [key, item ?? ""])),
  );

/** The file's keys are those of the Go program. */
const configSchema = z.strictObject({
  command: optionalText,
  args: z
    .array(text)
    .nullish()
    .transform((value) => value ?? []),
  processType: optionalText,
  timeout: z
    .union([z.number().int("must be whole seconds").min(0), z.string()])
    .nullish()
    .transform((value, context) => {
      if (value === undefined || value === null || typeof value === "number") return value ?? undefined;
      const ms = /^\d+$/.test(value) ? Number(value) * 1000 : parseGoDuration(value);
      if (ms !== undefined && ms >= 0) return Math.ceil(ms / 1000);
      context.addIssue({ code: "custom", message: "must be seconds, or a duration such as 10m" });
      return z.NEVER;
    }),
  workingDirectory: optionalText,
  environment: pairs,
  metadata: pairs,
  repository: optionalText,
  commit: optionalText,
  branch: optionalText,
  owner: optionalText,
});

export type JobConfig = z.output<typeof configSchema>;

/** Longest config file; parameters of a job have at most 256 KiB. */
const maxBytes = 1024 * 1024;

/**
 * Reads a job's file: JSON where its name ends in `.json`, else YAML.
 *
 * @throws {ClientError} `bad_setting`: names the file and every key that is wrong
 */
export async function loadJobConfig(path: string): Promise<JobConfig> {
  const parsed = await parseFile(path);
  if (parsed === null || parsed === undefined) throw refuse(path, "is empty");
  const result = configSchema.safeParse(parsed);
  if (result.success) return result.data;
  throw refuse(path, `is not usable: ${result.error.issues.map(problemOf).join("; ")}`);
}

async function parseFile(path: string): Promise<unknown> {
  let content: string;
  try {
    const bytes = readAtMost(path, maxBytes + 1);
    if (bytes.length > maxBytes) throw refuse(path, `has more than ${maxBytes} bytes`);
    content = bytes.toString("utf8");
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    const why = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    throw refuse(path, `cannot be read (${why})`, cause);
  }
  const isJson = path.toLowerCase().endsWith(".json");
  try {
    if (isJson) return JSON.parse(content);
    const { parse } = await import("yaml");
    return parse(content);
  } catch (cause) {
    // The parsers quote the line in question, which may hold a secret: only the place is told.
    const where = /line \d+(?:,? column \d+)?|position \d+/.exec(
      Error.isError(cause) ? cause.message : "",
    )?.[0];
    throw refuse(
      path,
      `is not ${isJson ? "JSON" : "YAML"}${where === undefined ? "" : ` (${where})`}`,
      cause,
    );
  }
}

/** A pipe may be given, as by `--config <(…)`, so nothing tells beforehand how much there is. */
function readAtMost(path: string, most: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(most);
    let length = 0;
    while (length < most) {
      const count = readSync(file, bytes, length, most - length, null);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(configSchema.shape).join(", ");
    return `it has the unknown key ${issue.keys.map((key) => harmless(key)).join(", ")} (known are ${known})`;
  }
  const key = issue.path.map(String).join(".");
  const what =
    issue.code === "invalid_union" || issue.code === "invalid_type" ? "has the wrong type" : issue.message;
  return key === "" ? "it is not a map of keys" : `${harmless(key)} ${what}`;
}

function refuse(path: string, what: string, cause?: unknown): ClientError {
  return new ClientError("bad_setting", `the job file ${path} ${what}`, { cause });
}
