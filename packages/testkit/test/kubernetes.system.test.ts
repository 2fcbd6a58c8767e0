// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";
import { type Kubernetes, outputOf, serviceAccountUser, startKubernetes } from "@repo/testkit/kubernetes";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";

const reader = serviceAccountUser("default", "reader");

const test = withServers({ cluster: () => startKubernetes({ users: [reader] }) });

function configOf(path: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  return config;
}

async function createNamespace(cluster: Kubernetes): Promise<string> {
  const name = `test-${randomUUID()}`;
  await outputOf(cluster.kubectl(["create", "namespace", name]));
  return name;
}

describe("the API server of the testbed", () => {
  test("creates, lists and reads a ConfigMap through its ordinary client", async ({ cluster, expect }) => {
    const namespace = await createNamespace(cluster);
    const api = configOf(cluster.kubeconfig).makeApiClient(CoreV1Api);
    const body = { metadata: { name: "greeting" }, data: { word: "hello" } };
    await api.createNamespacedConfigMap({ namespace, body });
    const { items } = await api.listNamespacedConfigMap({ namespace });
    expect(items.map((item) => [item.metadata?.name, item.data])).toEqual([["greeting", { word: "hello" }]]);
  });

  test("reports a later change to a watch", async ({ cluster, expect }) => {
    const namespace = await createNamespace(cluster);
    const watch = new Watch(configOf(cluster.kubeconfig));
    const events = new EventTarget();
    const request = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      {},
      (phase) => events.dispatchEvent(new Event(phase)),
      () => undefined,
    );
    const seen = once(events, "ADDED", { signal: AbortSignal.timeout(30_000) });
    await outputOf(cluster.kubectl(["create", "configmap", "late", "--namespace", namespace]));
    await expect(seen).resolves.toHaveLength(1);
    request.abort();
  });

  test("is what kubectl talks to, in the pinned version", async ({ cluster, expect }) => {
    const version: unknown = JSON.parse(await outputOf(cluster.kubectl(["version", "--output=json"])));
    expect(version).toMatchObject({ serverVersion: { gitVersion: expect.stringMatching(/^v1\.\d+\.\d+$/) } });
  });

  test("denies a static token what its RBAC does not allow, and allows what it does", async ({
    cluster,
    expect,
  }) => {
    const kubectl = cluster.kubectlWith(
      await cluster.writeKubeconfig("reader", cluster.tokenOf(reader.name)),
    );
    const denied = await kubectl(["get", "secrets"]);
    expect(denied.exitCode).toBe(1);
    expect(denied.stderr).toContain(
      'User "system:serviceaccount:default:reader" cannot list resource "secrets"',
    );

    await outputOf(cluster.kubectl(["create", "role", "reader", "--verb=get,list", "--resource=configmaps"]));
    const binding = ["create", "rolebinding", "reader", "--role=reader", `--user=${reader.name}`];
    await outputOf(cluster.kubectl(binding));
    await expect
      .poll(() => kubectl(["get", "configmaps"]), { timeout: 30_000 })
      .toMatchObject({ exitCode: 0 });
    expect((await kubectl(["get", "secrets"])).exitCode, "a role for ConfigMaps opens no Secret").toBe(1);
  });

  test("signs tokens for ServiceAccounts that exist", async ({ cluster, expect }) => {
    const namespace = await createNamespace(cluster);
    await outputOf(cluster.kubectl(["create", "serviceaccount", "robot", "--namespace", namespace]));
    const token = await cluster.serviceAccountToken(namespace, "robot");
    const kubectl = cluster.kubectlWith(await cluster.writeKubeconfig("robot", token));
    const whoAmI = await outputOf(
      kubectl(["auth", "whoami", "--output=jsonpath={.status.userInfo.username}"]),
    );
    expect(whoAmI).toBe(`system:serviceaccount:${namespace}:robot`);
  });

  test("lets nobody in without a token it knows", async ({ cluster, expect }) => {
    const kubectl = cluster.kubectlWith(await cluster.writeKubeconfig("stranger", "not-a-token"));
    expect((await kubectl(["get", "configmaps"])).stderr).toMatch(/Unauthorized|must be logged in/);
  });
});
