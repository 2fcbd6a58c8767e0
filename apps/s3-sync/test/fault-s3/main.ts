#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startControl } from "./control.ts";
import { faultRuleSchema } from "./fault-rules.ts";
import { DEFAULT_CREDENTIALS, startFaultS3 } from "./server.ts";
import { createTlsIdentity } from "./tls.ts";

const HELP = `fault-s3: an in-memory S3 server on 127.0.0.1 that misbehaves as told

  --port N           default 0: a free port
  --access-key ID    default ${DEFAULT_CREDENTIALS.accessKeyId}; with --secret-key
  --secret-key KEY   default ${DEFAULT_CREDENTIALS.secretAccessKey}
  --region NAME      default us-east-1
  --bucket NAME      create it; may be repeated
  --latency MS       wait before every answer
  --opaque-etags     ETags that are no MD5
  --faults FILE      JSON array of fault rules
  --seed N           for rules with a probability
  --tls              HTTPS with a self-signed certificate, printed as caCertificate

Prints one JSON line {"endpoint", "control", "pid"} when it is ready; SIGTERM or SIGINT ends it.
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "access-key": { type: "string", default: DEFAULT_CREDENTIALS.accessKeyId },
    "secret-key": { type: "string", default: DEFAULT_CREDENTIALS.secretAccessKey },
    region: { type: "string", default: "us-east-1" },
    bucket: { type: "string", multiple: true, default: [] },
    latency: { type: "string", default: "0" },
    "opaque-etags": { type: "boolean", default: false },
    faults: { type: "string" },
    seed: { type: "string", default: "1" },
    tls: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function readRules(path: string) {
  return z.array(faultRuleSchema).parse(JSON.parse(readFileSync(path, "utf8")));
}

async function main(): Promise<void> {
  const tls = values.tls ? await createTlsIdentity() : undefined;
  const server = await startFaultS3({
    port: z.coerce.number().int().min(0).parse(values.port),
    credentials: [{ accessKeyId: values["access-key"], secretAccessKey: values["secret-key"] }],
    region: values.region,
    buckets: values.bucket,
    latencyMs: z.coerce.number().min(0).parse(values.latency),
    etags: values["opaque-etags"] ? "opaque" : "md5",
    faults: values.faults === undefined ? [] : readRules(values.faults),
    seed: z.coerce.number().int().parse(values.seed),
    ...(tls === undefined ? undefined : { tls }),
  });
  const control = await startControl(server);
  const ready = {
    endpoint: server.endpoint,
    control: control.url,
    pid: process.pid,
    caCertificate: tls?.caCertificate,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const stop = async (): Promise<void> => {
    process.stdin.destroy();
    await control[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
  // Whoever started the server holds its standard input: when that ends, nobody is left to stop it.
  process.stdin.resume().once("end", () => void stop());
}

if (values.help) process.stdout.write(HELP);
else await main();
