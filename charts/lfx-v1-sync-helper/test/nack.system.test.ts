// SPDX-License-Identifier: MIT
// A cluster of its own: the kinds of NACK are the whole cluster's.
import { waitFor } from "@repo/testkit";
import { type Kubernetes, outputOf, startKubernetes } from "@repo/testkit/kubernetes";
import { withServers } from "@repo/testkit/vitest";
import { z } from "zod";
import { caseOf, chart, deadlineMs, namesOf, read, restrictedNamespace } from "./support/cluster.ts";
import { nackDefinitions } from "./support/nack.ts";

const test = withServers({ cluster: startWithNack });

const release = "lfx-v1-sync-helper";
const kinds = "keyvalues.jetstream.nats.io,streams.jetstream.nats.io";
const KeyValue = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
  spec: z.object({
    bucket: z.string(),
    maxBytes: z.number(),
    history: z.number(),
    preventDelete: z.boolean(),
  }),
});

async function startWithNack(): Promise<Kubernetes> {
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startKubernetes({ controllers: true }));
  await outputOf(cluster.kubectl(["apply", "--filename=-"], { input: nackDefinitions }));
  const definitions = ["keyvalues.jetstream.nats.io", "streams.jetstream.nats.io"].map(
    (name) => `crd/${name}`,
  );
  await outputOf(cluster.kubectl(["wait", "--for=condition=Established", ...definitions]));
  // Discovery lags behind the definitions.
  await waitFor(async () => (await cluster.kubectl(["get", kinds, "--namespace=default"])).exitCode === 0, {
    deadlineMs,
    what: "the API server to serve NACK's kinds",
  });
  const running = stack.move();
  return { ...cluster, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function install(cluster: Kubernetes, namespace: string, ...args: readonly string[]) {
  return cluster.helm(["install", release, chart, "--namespace", namespace, ...args]);
}

test("declares the two buckets in the release's namespace, and keeps them for the next installation", async ({
  cluster,
  expect,
}) => {
  const namespace = await restrictedNamespace(cluster);
  const installed = await install(cluster, namespace);
  expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(installed.stdout).not.toContain("NACK");
  const buckets = ["v1-mappings", "v1-objects"];
  expect(await namesOf(cluster, namespace, kinds)).toEqual(buckets);
  const objects = await read(cluster, namespace, ["keyvalue", "v1-objects"], KeyValue);
  expect(objects.spec).toEqual({
    bucket: "v1-objects",
    maxBytes: 10_737_418_240,
    history: 20,
    preventDelete: true,
  });
  expect(objects.metadata.annotations).toMatchObject({ "helm.sh/resource-policy": "keep" });
  await outputOf(cluster.helm(["uninstall", release, "--namespace", namespace]));
  expect(await namesOf(cluster, namespace, kinds)).toEqual(buckets);
  expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0, stderr: "" });
});

test("declares all that the service uses when that is wanted, and takes back what need not be kept", async ({
  cluster,
  expect,
}) => {
  const namespace = await restrictedNamespace(cluster);
  await cluster.kubectl(["create", "priorityclass", "high", "--value=1"]);
  const installed = await install(cluster, namespace, "--values", caseOf("full"));
  // A field that the kinds do not have would be told on standard error.
  expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await namesOf(cluster, namespace, "keyvalues")).toEqual([
    "v1-mappings",
    "v1-objects",
    "v1-sync-state",
    "v1-sync-users",
  ]);
  expect(await namesOf(cluster, namespace, "streams.jetstream.nats.io")).toEqual(["v1-sync-advisories"]);
  await outputOf(cluster.helm(["uninstall", release, "--namespace", namespace]));
  expect(await namesOf(cluster, namespace, kinds)).toEqual(["v1-sync-state", "v1-sync-advisories"]);
});

test("declares nothing for a release that only foretells, beside one that works", async ({
  cluster,
  expect,
}) => {
  const namespace = await restrictedNamespace(cluster);
  expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
  const preview = ["install", "preview", chart, "--namespace", namespace, "--set", "dryRun=true"];
  expect(await cluster.helm(preview)).toMatchObject({ exitCode: 0, stderr: "" });
});
