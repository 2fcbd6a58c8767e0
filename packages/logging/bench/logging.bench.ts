// SPDX-License-Identifier: Apache-2.0
// `pnpm bench logging`: what a line costs beside bare pino, and what hiding secrets adds. Options: --rounds N.
import { generateKeyPairSync } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { parseArgs } from "node:util";
import { type BenchCase, cpuPerOperation, publishReport, runBench } from "@repo/bench";
import { pino } from "pino";
import { createLogger, createRedactor, type LogDestination, openSyncDestination } from "../src/index.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });

const lines = 20_000;
const identity = { name: "s3-sync", version: "1.0.0" };
// Shaped as AWS keys are; its documentation's own examples.
const secrets = [
  "AKIAIOSFODNN7EXAMPLE",
  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "AKIAI44QH8DHBEXAMPLE",
  "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
];
const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ format: "pem", type: "pkcs8" })
  .toString();
const fields = {
  event: "object_copied",
  bucket: "mirror-eu-1",
  key: "reports/2026/11/21/part-000123.parquet",
  bytes: 123_456,
  durationMs: 41.2,
  attempt: 1,
};
const failure = new Error("The upload failed.", {
  cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
});

/** Keeps the engine from dropping work whose result nobody reads. */
let written = 0;
const memory: LogDestination = {
  write(line) {
    written += line.length;
  },
};

function barePino(destination: LogDestination) {
  const base = { service: identity.name, version: identity.version };
  return pino({ base, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function perLine(name: string, log: () => void): BenchCase {
  return {
    name,
    sample: cpuPerOperation(lines, (count) => {
      for (let n = 0; n < count; n += 1) log();
    }),
  };
}

function lineCases(destination: LogDestination): BenchCase[] {
  const bare = barePino(destination);
  const plain = createLogger({ ...identity, destination });
  const hiding = createLogger({ ...identity, destination, secrets });
  const hidingKey = createLogger({ ...identity, destination, secrets: [...secrets, pem] });
  const url = `https://h/b?X-Amz-Credential=${encodeURIComponent(secrets[1] ?? "")}`;
  return [
    perLine("pino alone", () => bare.info(fields, "object copied")),
    perLine("no secrets given", () => plain.info(fields, "object copied")),
    perLine("four secrets, none in the line", () => hiding.info(fields, "object copied")),
    perLine("four secrets and a private key, none in the line", () =>
      hidingKey.info(fields, "object copied"),
    ),
    perLine("four secrets, one in the line", () => hiding.info({ ...fields, url }, "object copied")),
    perLine("a value under a sensitive key", () =>
      plain.info({ ...fields, authorization: "x" }, "object copied"),
    ),
    perLine("an error with a cause", () => plain.error({ err: failure }, "object not copied")),
    perLine("pino alone, an error with a cause", () => bare.error({ err: failure }, "object not copied")),
  ];
}

const text = "2026/11/21 10:00:00 INFO  : reports/2026/11/21/part-000123.parquet: Copied (new)\n".repeat(13);
const redactNothing = createRedactor([]);
const redactFour = createRedactor(secrets);
const devNull = openSync("/dev/null", "w");

const report = await runBench({
  name: "logging",
  title: "Logging a line of 250 characters",
  rounds: Number(values.rounds),
  notes: ["The destination is memory, save where a file descriptor is named; there it is /dev/null."],
  groups: [
    { title: "One line", unit: "CPU µs/op", cases: lineCases(memory) },
    {
      title: "One line to a file descriptor",
      unit: "CPU µs/op",
      cases: [
        perLine(
          "pino alone, its own synchronous destination",
          bareLine(pino.destination({ fd: devNull, sync: true })),
        ),
        perLine("pino alone, our destination", bareLine(openSyncDestination(devNull))),
      ],
    },
    {
      title: "Redacting 1 KiB of text without a secret",
      unit: "CPU µs/op",
      cases: [
        perLine("no secrets given", () => (written += redactNothing(text).length)),
        perLine("four secrets given", () => (written += redactFour(text).length)),
      ],
    },
    {
      title: "Making a redactor",
      unit: "CPU ms/op",
      cases: [
        { name: "of four secrets", sample: making(secrets) },
        { name: "of a private key of 2,048 bits", sample: making([pem]) },
      ],
    },
  ],
});
await publishReport(report);
closeSync(devNull);
process.stdout.write(`${written} characters\n`);

function bareLine(destination: LogDestination): () => void {
  const bare = barePino(destination);
  return () => bare.info(fields, "object copied");
}

function making(hidden: readonly string[]): () => Promise<number> {
  const sample = cpuPerOperation(5, (count) => {
    for (let n = 0; n < count; n += 1) written += createRedactor(hidden)("x").length;
  });
  return async () => (await sample()) / 1000;
}
