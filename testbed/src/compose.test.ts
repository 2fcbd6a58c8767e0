// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test as base } from "vitest";
import { parse } from "yaml";
import { packageNamed } from "./catalogue.ts";
import { testbedFolder } from "./sources/source-kind.ts";

interface Service {
  readonly image: string;
  readonly ports: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

const test = base.extend<{ services: Readonly<Record<string, Service>> }>({
  services: async ({ task: _task }, use) => {
    const file: { services: Record<string, Service> } = parse(
      await readFile(join(testbedFolder, "..", "compose.yaml"), "utf8"),
    );
    await use(file.services);
  },
});

test("has the five servers that tests talk to", ({ services, expect }) => {
  expect(new Set(Object.keys(services))).toEqual(new Set(["dynamodb", "nats", "postgres", "s3", "sqs"]));
});

test("every server listens on 127.0.0.1 only and tells when it is ready", ({ services, expect }) => {
  for (const { ports, healthcheck } of Object.values(services)) {
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(healthcheck?.test[0]).toBe("CMD");
  }
});

test.for([
  ["nats", "nats-server"],
  ["s3", "seaweedfs"],
  ["sqs", "elasticmq"],
  ["postgres", "postgres"],
] as const)("%s has the version that tests without Docker have", ([service, name], { services, expect }) => {
  expect(services[service]?.image).toMatch(
    new RegExp(`:${packageNamed(name).version.replaceAll(".", "\\.")}(-|$)`),
  );
});

test("the README's variables name the ports of the file", async ({ services, expect }) => {
  const readme = await readFile(join(testbedFolder, "README.md"), "utf8");
  const named = [...readme.matchAll(/(?:_URL|_ENDPOINT)=\S+127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
  const offered = Object.values(services).map(({ ports: [first = ""] }) => first.split(":")[1]);
  expect(new Set(named)).toEqual(new Set(offered));
});
