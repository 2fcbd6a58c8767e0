// SPDX-License-Identifier: Apache-2.0
import { parseDuration } from "@repo/service";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { JobFileError } from "./job-file-error.ts";

const name = ".airunner.yaml";
const maxTimeoutSeconds = 2 ** 31 - 1;
const maxArgs = 1_000;

const noZero = (text: string): boolean => !text.includes("\0");

const timeout = z.string("must be a number of seconds or a time such as 10m").transform((text, context) => {
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((parseDuration(text) ?? Number.NaN) / 1_000);
  if (seconds >= 1 && seconds <= maxTimeoutSeconds) return seconds;
  context.addIssue(
    `must be a number of seconds from 1 to ${maxTimeoutSeconds}, or a time such as 30s, 10m or 1h30m`,
  );
  return z.NEVER;
});

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

const Content = z.strictObject({
  command: z
    .string({
      error: (issue) =>
        issue.input === undefined ? "is missing: name the program to run" : "must be a text",
    })
    .min(1, "is empty: name the program to run")
    .refine(noZero, "must not contain a zero byte"),
  args: z
    .array(
      z.string("must be a text").refine(noZero, "must not contain a zero byte"),
      "must be a list, a text each",
    )
    .max(maxArgs, `has more than ${maxArgs} entries`)
    .default([]),
  environment: z
    .record(
      z.string().regex(variableName, "cannot be the name of a variable: use letters, digits and _"),
      z.string("must be a text").refine(noZero, "must not contain a zero byte"),
      "must be names with their values",
    )
    .default({}),
  timeout: timeout.optional(),
  processType: z.enum(["pty", "pipe"], "must be pty or pipe").optional(),
  workingDirectory: z
    .string("must be a path within the repository")
    .min(1, "is empty: leave it out")
    .optional(),
});

export interface JobFileContent {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** 1 to 2^31 - 1; unset where the file names none. */
  readonly timeoutSeconds: number | undefined;
  readonly processType: "pty" | "pipe" | undefined;
  /** As it stands in the file. */
  readonly workingDirectory: string | undefined;
}

/**
 * Reads the text of a `.airunner.yaml`:
 *
 * ```yaml
 * command: npm
 * args: [test, --, --reporter=dot]
 * environment: { PORT: 8080 }
 * timeout: 10m
 * processType: pipe
 * workingDirectory: packages/web
 * ```
 *
 * @throws {JobFileError} a sentence that names every bad key
 */
export function parseJobFile(text: string): JobFileContent {
  const result = Content.safeParse(parseYaml(text));
  if (!result.success)
    throw new JobFileError(`${name}: ${result.error.issues.flatMap(toSentences).join("; ")}.`);
  const { timeout: timeoutSeconds, processType, workingDirectory, ...content } = result.data;
  return { ...content, timeoutSeconds, processType, workingDirectory };
}

/** All scalars as the text that they are: a version 1.10 stays one, and `yes` is no boolean. */
function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const why = error.code === "MULTIPLE_DOCS" ? "a second document starts there" : error.message;
    throw new JobFileError(
      `${name} is not valid YAML at line ${line}, column ${col}: ${why.replace(/\.$/, "")}.`,
      {
        cause: error,
      },
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new JobFileError(`${name} is not valid YAML: it has too many or unknown aliases.`, { cause });
  }
}

function toSentences(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(Content.shape).join(", ");
    return issue.keys.map((key) => `"${key}" is none of its keys, which are ${known}`);
  }
  if (issue.path.length === 0) return [`it must consist of keys with their values, such as "command: make"`];
  // The key of a record is told apart from its value by the issue alone.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [`"${issue.path.join(".")}" ${message}`];
}
