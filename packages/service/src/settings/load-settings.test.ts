// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { test as base, describe, vi } from "vitest";
import * as z from "zod";
import {
  envBoolean,
  envDuration,
  envEnum,
  envHost,
  envInteger,
  envList,
  envPort,
  envSecret,
  envText,
  envUrl,
} from "./env-fields.ts";
import { loadEnvironment, loadSecrets, loadSettings } from "./load-settings.ts";
import { SettingsError } from "./settings-error.ts";

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

const schema = z.object({
  SOURCE_BUCKET: z.string(),
  MAX_DELETE: envInteger({ min: -1, default: 1000 }),
  PREFIX: envText().optional(),
});

function failure(load: () => unknown): SettingsError {
  try {
    load();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("It was expected to fail.");
}

describe("loadSettings", () => {
  test("gives the settings with their defaults, and nothing else of the environment", ({ expect }) => {
    const env = { SOURCE_BUCKET: "b", HOME: "/root" };
    expect(loadSettings(schema, env)).toEqual({ SOURCE_BUCKET: "b", MAX_DELETE: 1000 });
  });

  test.for(["", " ", "\t", "\n", " \r\n "])("takes %j for unset", (blank, { expect }) => {
    expect(loadSettings(schema, { SOURCE_BUCKET: "b", MAX_DELETE: blank, PREFIX: blank })).toEqual({
      SOURCE_BUCKET: "b",
      MAX_DELETE: 1000,
    });
    expect(failure(() => loadSettings(schema, { SOURCE_BUCKET: blank })).message).toBe(
      "The environment is not usable: SOURCE_BUCKET is required.",
    );
  });

  test("drops line breaks at the end of a value and says of which variables", ({ expect }) => {
    const onTrimmed = vi.fn<(variable: string) => void>();
    const env = { SOURCE_BUCKET: "a\nb\r\n\n", MAX_DELETE: "5\n", PREFIX: " p " };
    expect(loadSettings(schema, env, { onTrimmed })).toEqual({
      SOURCE_BUCKET: "a\nb",
      MAX_DELETE: 5,
      PREFIX: "p",
    });
    expect(onTrimmed.mock.calls).toEqual([["SOURCE_BUCKET"], ["MAX_DELETE"]]);
  });

  test("names every bad variable in one line", ({ expect }) => {
    const many = z.object({
      A_BUCKET: z.string(),
      B_BUCKET: z.string(),
      RETRIES: envInteger({ min: 1, max: 10 }),
      MODE: z.enum(["fast", "safe"]),
    });
    const error = failure(() => loadSettings(many, { RETRIES: "many", MODE: "slow" }));
    expect(error.message).toBe(
      'The environment is not usable: A_BUCKET, B_BUCKET are required; RETRIES must be a whole number from 1 to 10; MODE is not accepted (Invalid option: expected one of "fast"|"safe").',
    );
    expect(error.code).toBe("bad_settings");
    expect(error.problems.map(({ variable }) => variable)).toEqual([
      "A_BUCKET",
      "B_BUCKET",
      "RETRIES",
      "MODE",
    ]);
  });

  test("reports rules across fields under the variable they name, or under none", ({ expect }) => {
    const sqs = z
      .object({ STORE: envEnum(["memory", "sqs"]), QUEUE: envUrl().optional() })
      .refine(({ STORE, QUEUE }) => STORE !== "sqs" || QUEUE !== undefined, {
        path: ["QUEUE"],
        error: "required when STORE is sqs",
      });
    expect(failure(() => loadSettings(sqs, { STORE: "sqs" })).message).toContain(
      "QUEUE: required when STORE is sqs.",
    );
    const none = z
      .object({ A: z.string() })
      .refine(() => false, { error: "source and destination are one place" });
    expect(failure(() => loadSettings(none, { A: "x" })).message).toContain(
      ": source and destination are one place.",
    );
  });

  test("reads a schema that reshapes the whole", ({ expect }) => {
    const reshaped = schema.transform(({ SOURCE_BUCKET, MAX_DELETE }) => ({
      bucket: SOURCE_BUCKET,
      limit: MAX_DELETE,
    }));
    expect(loadSettings(reshaped, { SOURCE_BUCKET: "b" })).toEqual({ bucket: "b", limit: 1000 });
    expect(() => loadSettings(z.string(), {})).toThrow(TypeError);
  });

  test("points at a variable that looks like a misspelt one", ({ expect }) => {
    const message = failure(() => loadSettings(schema, { SOURCE_BUKET: "b", PREFIX: "x" })).message;
    expect(message).toBe(
      "The environment is not usable: SOURCE_BUCKET is required, but only SOURCE_BUKET is set, which nothing reads.",
    );
  });

  test("is not misled by names of Object.prototype, nor by __proto__", ({ expect }) => {
    const odd = z.object({
      constructor: z.string().optional(),
      toString: z.string().optional(),
      hasOwnProperty: z.string(),
    });
    expect(failure(() => loadSettings(odd, {})).problems).toEqual([
      { variable: "hasOwnProperty", problem: "is required" },
    ]);
    const env: Record<string, string> = JSON.parse(
      '{"__proto__":{"SOURCE_BUCKET":"inherited"},"MAX_DELETE":"1"}',
    );
    expect(failure(() => loadSettings(schema, env)).message).toContain("SOURCE_BUCKET is required");
    const inherited: Record<string, string> = Object.create({ SOURCE_BUCKET: "inherited" });
    expect(failure(() => loadSettings(schema, inherited)).message).toContain("SOURCE_BUCKET is required");
  });

  test("never puts a value into its error", ({ expect }) => {
    const fields = z.object({
      BOOLEAN: envBoolean(),
      INTEGER: envInteger({ min: 5 }),
      DURATION: envDuration({ minMs: 1000 }),
      URL: envUrl(),
      ENUM: envEnum(["a", "b"]),
      LIST: envList({ item: { pattern: /^$/, hint: "nothing" } }),
      HOST: envHost(),
      PORT: envPort(),
      TEXT: envText({ pattern: /^$/, hint: "empty" }),
      PLAIN: z.email(),
      NUMBER: z.coerce.number(),
      CHOICE: z.literal("x"),
      UNION: z.union([z.literal("p"), z.uuid()]),
      JSON: z.json(),
    });
    const value = fc.string({
      unit: fc.constantFrom("ß", "%", "{", "~", '"', "ж"),
      minLength: 3,
      maxLength: 20,
    });
    fc.assert(
      fc.property(value, (text) => {
        const env = Object.fromEntries(Object.keys(fields.shape).map((variable) => [variable, text]));
        const error = failure(() => loadSettings(fields, env));
        expect(error.problems.length).toBeGreaterThan(10);
        expect(error.message).not.toContain(text);
        expect(JSON.stringify([error.problems, error.stack])).not.toContain(
          JSON.stringify(text).slice(1, -1),
        );
      }),
    );
  });
});

describe("loadSecrets", () => {
  const secrets = z.object({ DEST_SECRET_KEY: envSecret(), TOKEN: envSecret().optional() });

  test("takes a value as it is, blanks included", ({ expect }) => {
    expect(loadSecrets(secrets, { DEST_SECRET_KEY: " a b \n" })).toEqual({ DEST_SECRET_KEY: " a b " });
  });

  test("reads a file that NAME_FILE names", ({ expect, folder }) => {
    const path = join(folder, "key");
    writeFileSync(path, "\uFEFFline 1\nline 2\r\n\n");
    expect(loadSecrets(secrets, { DEST_SECRET_KEY_FILE: path })).toEqual({
      DEST_SECRET_KEY: "line 1\nline 2",
    });
  });

  test("reads no files for settings", ({ expect }) => {
    expect(failure(() => loadSettings(secrets, { DEST_SECRET_KEY_FILE: "/dev/null" })).message).toContain(
      "DEST_SECRET_KEY is required",
    );
  });

  test.for([
    ["that is not there", (folder: string) => join(folder, "none"), "there is no such file"],
    ["that is a folder", (folder: string) => folder, "it is a directory"],
    ["below a file", () => "/dev/null/x", "ENOTDIR"],
  ] as const)("names variable and path of a file %s", ([, pathIn, reason], { expect, folder }) => {
    const path = pathIn(folder);
    expect(failure(() => loadSecrets(secrets, { DEST_SECRET_KEY_FILE: path })).message).toBe(
      `The environment is not usable: DEST_SECRET_KEY_FILE names a file that cannot be read: ${path} (${reason}).`,
    );
  });

  test.for([
    ["is empty", Buffer.from(" \n"), "names an empty file"],
    ["is no text", Buffer.from([0xff, 0xfe, 0x41]), "names a file that is not UTF-8 text"],
    ["is too large", Buffer.alloc(65_537, "a"), "names a file of more than 65536 bytes"],
  ] as const)("refuses a file that %s", ([, content, problem], { expect, folder }) => {
    const path = join(folder, "key");
    writeFileSync(path, content);
    expect(failure(() => loadSecrets(secrets, { DEST_SECRET_KEY_FILE: path })).problems).toEqual([
      { variable: "DEST_SECRET_KEY_FILE", problem: `${problem}: ${path}` },
    ]);
  });

  test("ends on a file without an end", ({ expect }) => {
    expect(failure(() => loadSecrets(secrets, { DEST_SECRET_KEY_FILE: "/dev/zero" })).message).toContain(
      "more than 65536 bytes",
    );
  });

  test("refuses a value and a file for one secret", ({ expect }) => {
    const error = failure(() =>
      loadSecrets(secrets, { DEST_SECRET_KEY: "v", DEST_SECRET_KEY_FILE: "/dev/null" }),
    );
    expect(error.message).toBe(
      "The environment is not usable: DEST_SECRET_KEY_FILE must not be set beside DEST_SECRET_KEY.",
    );
  });

  test("hides a secret that a rule of the schema quotes", ({ expect, folder }) => {
    const path = join(folder, "key");
    writeFileSync(path, "quoted-secret");
    const quoting = secrets.superRefine((values, context) => {
      context.addIssue({ code: "custom", path: ["TOKEN"], message: `may not be ${values.DEST_SECRET_KEY}` });
    });
    expect(failure(() => loadSecrets(quoting, { DEST_SECRET_KEY_FILE: path })).message).toContain(
      "TOKEN may not be [redacted].",
    );
  });
});

describe("loadEnvironment", () => {
  const schemas = { settings: schema, secrets: z.object({ DEST_SECRET_KEY: envSecret() }) };

  test("gives settings and secrets apart", ({ expect }) => {
    expect(loadEnvironment(schemas, { SOURCE_BUCKET: "b", DEST_SECRET_KEY: "k" })).toEqual({
      settings: { SOURCE_BUCKET: "b", MAX_DELETE: 1000 },
      secrets: { DEST_SECRET_KEY: "k" },
    });
  });

  test("names the faults of both at once", ({ expect }) => {
    expect(failure(() => loadEnvironment(schemas, { MAX_DELETE: "-2" })).message).toBe(
      "The environment is not usable: SOURCE_BUCKET, DEST_SECRET_KEY are required; MAX_DELETE must be a whole number, at least -1.",
    );
    expect(failure(() => loadEnvironment(schemas, { SOURCE_BUCKET: "b" })).problems).toHaveLength(1);
    expect(failure(() => loadEnvironment(schemas, { DEST_SECRET_KEY: "b" })).problems).toHaveLength(1);
  });
});
