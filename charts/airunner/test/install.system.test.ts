// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { type Kubernetes, outputOf, startKubernetes } from "@repo/testkit/kubernetes";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { z } from "zod";

const chart = join(import.meta.dirname, "..");
const caseOf = (name: string): string => join(chart, "ci", `${name}-values.yaml`);
/** Objects that controllers make come within a moment; a busy machine gets this long. */
const deadlineMs = 60_000;

const test = withServers({ cluster: () => startKubernetes({ controllers: true }) });

const Named = z.object({ metadata: z.object({ name: z.string() }) });
const List = z.object({ items: z.array(Named) });
const Secret = z.object({ data: z.record(z.string(), z.string()) });
const Service = z.object({ spec: z.object({ selector: z.record(z.string(), z.string()) }) });

/** A namespace in which only pods of the restricted Pod Security Standard are let in. */
async function restrictedNamespace(cluster: Kubernetes): Promise<string> {
  const name = `test-${randomUUID()}`;
  await outputOf(cluster.kubectl(["create", "namespace", name]));
  const label = "pod-security.kubernetes.io/enforce=restricted";
  await outputOf(cluster.kubectl(["label", "namespace", name, label]));
  return name;
}

async function namesOf(cluster: Kubernetes, namespace: string, what: string, ...args: readonly string[]) {
  const text = await outputOf(
    cluster.kubectl(["get", what, "--namespace", namespace, "--output=json", ...args]),
  );
  return List.parse(JSON.parse(text)).items.map((item) => item.metadata.name);
}

function install(cluster: Kubernetes, namespace: string, ...args: readonly string[]) {
  return cluster.helm(["install", "airunner", chart, "--namespace", namespace, ...args]);
}

/** The pods of a component, once there are `count`. */
function podsOf(cluster: Kubernetes, namespace: string, component: string, count: number) {
  const selector = `--selector=app.kubernetes.io/component=${component}`;
  return waitFor(
    async () => {
      const names = await namesOf(cluster, namespace, "pods", selector);
      return names.length === count && names;
    },
    { deadlineMs, what: `${count} pods of the ${component}` },
  );
}

describe("the chart on a real API server", () => {
  test("installs a server with its Service, and workers, whose pods the restricted standard lets in", async ({
    cluster,
    expect,
  }) => {
    const namespace = await restrictedNamespace(cluster);
    const result = await install(cluster, namespace, "--values", caseOf("required"));
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await namesOf(cluster, namespace, "deployments")).toEqual(["airunner-server", "airunner-worker"]);
    expect(await namesOf(cluster, namespace, "services")).toEqual(["airunner-server"]);
    expect(await namesOf(cluster, namespace, "secrets", "--selector=app=airunner")).toEqual([
      "airunner-server-environment",
      "airunner-worker-environment",
    ]);
    const others = "serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets";
    expect(
      await namesOf(cluster, namespace, others, "--selector=app.kubernetes.io/instance=airunner"),
    ).toEqual([]);
    expect(await podsOf(cluster, namespace, "server", 1)).toEqual([
      expect.stringMatching(/^airunner-server-/),
    ]);
    expect(await podsOf(cluster, namespace, "worker", 1)).toEqual([
      expect.stringMatching(/^airunner-worker-/),
    ]);
    await outputOf(cluster.helm(["uninstall", "airunner", "--namespace", namespace]));
    expect(
      await namesOf(cluster, namespace, "deployments,services,secrets", "--selector=app=airunner"),
    ).toEqual([]);
  });

  test("installs with the default values, and with TLS", async ({ cluster, expect }) => {
    const plain = await restrictedNamespace(cluster);
    expect(await install(cluster, plain)).toMatchObject({ exitCode: 0, stderr: "" });
    const withTls = await restrictedNamespace(cluster);
    expect(await install(cluster, withTls, "--values", caseOf("tls"))).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });

  test("installs every option that Kubernetes itself knows, and as many pods as are asked for", async ({
    cluster,
    expect,
  }) => {
    // Host paths are not for the restricted standard.
    const namespace = `test-${randomUUID()}`;
    await outputOf(cluster.kubectl(["create", "namespace", namespace]));
    for (const name of ["high", "batch-low"]) {
      await cluster.kubectl(["create", "priorityclass", name, "--value=1"]);
    }
    const result = await install(cluster, namespace, "--values", caseOf("full"));
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await namesOf(cluster, namespace, "networkpolicies,poddisruptionbudgets")).toEqual([
      "airunner-server",
      "airunner-worker",
      "airunner-server",
      "airunner-worker",
    ]);
    await podsOf(cluster, namespace, "server", 3);
    await podsOf(cluster, namespace, "worker", 5);
  });

  test("has its Service find the server's pod and not the worker's", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace, "--values", caseOf("required"))).toMatchObject({ exitCode: 0 });
    const servers = await podsOf(cluster, namespace, "server", 1);
    await podsOf(cluster, namespace, "worker", 1);
    const text = await outputOf(
      cluster.kubectl(["get", "service", "airunner-server", "-n", namespace, "--output=json"]),
    );
    const selector = Object.entries(Service.parse(JSON.parse(text)).spec.selector).map((pair) =>
      pair.join("="),
    );
    expect(await namesOf(cluster, namespace, "pods", `--selector=${selector.join(",")}`)).toEqual(servers);
  });

  test("replaces the server's pod when its environment changes", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
    const [before] = await podsOf(cluster, namespace, "server", 1);
    const upgrade = ["upgrade", "airunner", chart, "--namespace", namespace];
    await outputOf(cluster.helm([...upgrade, "--set", "env.AIRUNNER_LOG_LEVEL=debug"]));
    await waitFor(async () => (await podsOf(cluster, namespace, "server", 1))[0] !== before, {
      deadlineMs,
      what: "a new pod of the server",
    });
    const text = await outputOf(
      cluster.kubectl(["get", "secret", "airunner-server-environment", "-n", namespace, "--output=json"]),
    );
    const { data } = Secret.parse(JSON.parse(text));
    expect(Buffer.from(data["AIRUNNER_LOG_LEVEL"] ?? "", "base64").toString()).toBe("debug");
  });

  test("installs under the longest release name that helm takes", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    const name = "a".repeat(53);
    const result = await cluster.helm(["install", name, chart, "--namespace", namespace]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    await podsOf(cluster, namespace, "server", 1);
  });

  test.for([
    ["env.AIRUNNER_LOGLEVEL=debug", "AIRUNNER_LOGLEVEL"],
    ["server.replicas=2", "server.replicas is 2"],
    ["worker.queues={a b}", "queues"],
    ["worker.drainSeconds=600", "terminationGracePeriodSeconds is 330"],
  ] as const)(
    "refuses %s with a sentence, and installs nothing",
    async ([value, words], { cluster, expect }) => {
      const namespace = await restrictedNamespace(cluster);
      const { exitCode, stderr } = await install(cluster, namespace, "--set", value);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(words);
      expect(await namesOf(cluster, namespace, "deployments")).toEqual([]);
    },
  );
});
