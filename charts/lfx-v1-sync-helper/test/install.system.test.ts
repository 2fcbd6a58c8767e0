// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { type Kubernetes, outputOf, startKubernetes } from "@repo/testkit/kubernetes";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { z } from "zod";
import { caseOf, chart, namesOf, podsOf, read, restrictedNamespace } from "./support/cluster.ts";

const test = withServers({ cluster: () => startKubernetes({ controllers: true }) });

const release = "lfx-v1-sync-helper";
/** The line of the user's documentation, but for the namespace. */
const installLine = ["--set", "heimdall.secret.name=lfx-platform-heimdall-jwt-config"];
const everything =
  "deployments,services,poddisruptionbudgets,networkpolicies,serviceaccounts,roles,rolebindings,secrets,configmaps";
const ours = "--selector=app.kubernetes.io/instance=lfx-v1-sync-helper";

const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });
const Service = z.object({
  spec: z.object({ selector: z.record(z.string(), z.string()), ports: z.array(z.looseObject({})) }),
});

function install(cluster: Kubernetes, namespace: string, ...args: readonly string[]) {
  return cluster.helm(["install", release, chart, "--namespace", namespace, ...args]);
}

async function upgrade(cluster: Kubernetes, namespace: string, ...args: readonly string[]) {
  await outputOf(cluster.helm(["upgrade", release, chart, "--namespace", namespace, ...args]));
}

async function replicasOf(cluster: Kubernetes, namespace: string): Promise<number> {
  return (await read(cluster, namespace, ["deployment", release], Deployment)).spec.replicas;
}

describe("the chart on a real API server", () => {
  test("installs by the user's line what is needed and no more, without NACK, in a restricted namespace", async ({
    cluster,
    expect,
  }) => {
    const namespace = await restrictedNamespace(cluster);
    const installed = await install(cluster, namespace, ...installLine);
    expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(installed.stdout).toContain("The service creates what is missing.");
    expect(await namesOf(cluster, namespace, everything, ours)).toEqual([release, release]);
    expect(await podsOf(cluster, namespace, 1)).toEqual([expect.stringMatching(/^lfx-v1-sync-helper-/)]);
    await outputOf(cluster.helm(["uninstall", release, "--namespace", namespace]));
    expect(await namesOf(cluster, namespace, everything, ours)).toEqual([]);
  });

  test("goes to three pods and back to none by the user's line", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace, ...installLine)).toMatchObject({ exitCode: 0 });
    expect(await namesOf(cluster, namespace, "poddisruptionbudgets")).toEqual([]);
    await upgrade(cluster, namespace, "--set", "replicas=3");
    expect(await replicasOf(cluster, namespace)).toBe(3);
    await podsOf(cluster, namespace, 3);
    expect(await namesOf(cluster, namespace, "poddisruptionbudgets")).toEqual([release]);
    await upgrade(cluster, namespace, "--set", "replicas=0");
    expect(await replicasOf(cluster, namespace)).toBe(0);
    await podsOf(cluster, namespace, 0);
  });

  test("leaves the number of pods alone that an autoscaler set", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    const shared = ["--set", "replicas=null"];
    expect(await install(cluster, namespace, ...shared)).toMatchObject({ exitCode: 0 });
    const scale = ["scale", `deployment/${release}`, "--replicas=4", "--namespace", namespace];
    await outputOf(cluster.kubectl(scale));
    await upgrade(cluster, namespace, ...shared, "--set", "auth0.tenant=example");
    expect(await replicasOf(cluster, namespace)).toBe(4);
  });

  test("has its Service find the pods by the port of the probes", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
    const pods = await podsOf(cluster, namespace, 1);
    const { spec } = await read(cluster, namespace, ["service", release], Service);
    const selector = Object.entries(spec.selector).map((pair) => pair.join("="));
    expect(await namesOf(cluster, namespace, "pods", `--selector=${selector.join(",")}`)).toEqual(pods);
    expect(spec.ports).toMatchObject([{ port: 8080, targetPort: "http" }]);
  });

  test("replaces pods when the environment changes", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
    const [before = ""] = await podsOf(cluster, namespace, 1);
    await upgrade(cluster, namespace, "--set", "app.environment.DEBUG=true");
    // The old pod stays, for nothing makes the new one ready here.
    const [first, second] = await podsOf(cluster, namespace, 2);
    expect([first, second]).toContain(before);
  });

  test("installs every option that Kubernetes itself knows", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    await outputOf(cluster.kubectl(["create", "priorityclass", "high", "--value=1"]));
    const installed = await install(cluster, namespace, "--values", caseOf("full"));
    expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
    const beside = "poddisruptionbudgets,networkpolicies";
    expect(await namesOf(cluster, namespace, beside)).toEqual([release, release]);
    await podsOf(cluster, namespace, 3);
  });

  test.for(["required", "go-chart", "dry-run"])(
    "installs with the values of ci/%s",
    async (name, { cluster, expect }) => {
      const namespace = await restrictedNamespace(cluster);
      const installed = await install(cluster, namespace, "--values", caseOf(name));
      expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
    },
  );

  test.for(["a".repeat(53), "2.sync"])(
    "installs under the release name %s",
    async (name, { cluster, expect }) => {
      const namespace = await restrictedNamespace(cluster);
      const installed = await cluster.helm(["install", name, chart, "--namespace", namespace]);
      expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
      await podsOf(cluster, namespace, 1);
    },
  );

  test("takes two releases in one namespace, whose Services find their own pods", async ({
    cluster,
    expect,
  }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
    const preview = ["install", "preview", chart, "--namespace", namespace, "--set", "dryRun=true"];
    expect(await cluster.helm(preview)).toMatchObject({ exitCode: 0 });
    await podsOf(cluster, namespace, 2);
    const { spec } = await read(cluster, namespace, ["service", "preview"], Service);
    const selector = Object.entries(spec.selector).map((pair) => pair.join("="));
    expect(await namesOf(cluster, namespace, "pods", `--selector=${selector.join(",")}`)).toEqual([
      expect.stringMatching(/^preview-/),
    ]);
  });

  test.for([
    ["app.environment.DEBUGG=true", "DEBUGG"],
    ["heimdall.secret.name=", "heimdall.secret.name is empty"],
    ["auth0.secret.privateKeyKey=", "auth0.secret.privateKeyKey is empty"],
    ["nats.url=", "nats.url is empty"],
    ["replicas=-1", "/replicas"],
    ["terminationGracePeriodSeconds=25", "terminationGracePeriodSeconds"],
  ] as const)(
    "refuses %s with a sentence, and installs nothing",
    async ([value, words], { cluster, expect }) => {
      const namespace = `test-${randomUUID()}`;
      await outputOf(cluster.kubectl(["create", "namespace", namespace]));
      const { exitCode, stderr } = await install(cluster, namespace, "--set", value);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(words);
      expect(await namesOf(cluster, namespace, "deployments")).toEqual([]);
    },
  );

  test("refuses every plain text for a private key without repeating it", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    const { exitCode, stderr } = await install(
      cluster,
      namespace,
      "--set",
      "app.environment.HEIMDALL_PRIVATE_KEY=s3cret-bytes",
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("app.environment.HEIMDALL_PRIVATE_KEY would show a private key");
    expect(stderr).not.toContain("s3cret-bytes");
  });
});
