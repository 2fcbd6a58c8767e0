// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { type Kubernetes, outputOf, startKubernetes } from "@repo/testkit/kubernetes";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { z } from "zod";

const chart = join(import.meta.dirname, "..");
const values = join(chart, "ci", "required-values.yaml");
/** Objects that controllers make come within a moment; a busy machine gets this long. */
const deadlineMs = 60_000;

const test = withServers({ cluster: () => startKubernetes({ controllers: true }) });

const Named = z.object({ metadata: z.object({ name: z.string() }) });
const List = z.object({ items: z.array(Named) });
const Job = z.object({
  status: z.object({
    failed: z.number().default(0),
    conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })).default([]),
  }),
});

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
  return cluster.helm(["install", "s3-sync", chart, "--namespace", namespace, "--values", values, ...args]);
}

/** The one pod of a job, once the controller has made it. */
function podOf(cluster: Kubernetes, namespace: string, job: string): Promise<string> {
  const selector = `--selector=batch.kubernetes.io/job-name=${job}`;
  return waitFor(async () => (await namesOf(cluster, namespace, "pods", selector)).at(-1), {
    deadlineMs,
    what: `a pod of the job ${job}`,
  });
}

/** Does what a kubelet does when the container has ended with `exitCode`. */
async function endPod(cluster: Kubernetes, namespace: string, pod: string, exitCode: number): Promise<void> {
  const now = new Date().toISOString();
  const terminated = { exitCode, reason: "Error", startedAt: now, finishedAt: now };
  const container = { name: "s3-sync", image: "x", imageID: "x", ready: false, restartCount: 0 };
  const containerStatuses = [{ ...container, state: { terminated } }];
  const status = { phase: exitCode === 0 ? "Succeeded" : "Failed", containerStatuses };
  const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
  await outputOf(cluster.kubectl(["patch", "pod", pod, "--namespace", namespace, ...patch]));
}

async function jobStatus(cluster: Kubernetes, namespace: string, job: string) {
  const text = await outputOf(
    cluster.kubectl(["get", "job", job, "--namespace", namespace, "--output=json"]),
  );
  return Job.parse(JSON.parse(text)).status;
}

function startByHand(cluster: Kubernetes, namespace: string) {
  const from = ["--from=cronjob/s3-sync-cronjob", "manual-sync"];
  return outputOf(cluster.kubectl(["create", "job", ...from, "--namespace", namespace]));
}

describe("the chart on a real API server", () => {
  test("is accepted by a dry run of the user's commands, which changes nothing", async ({
    cluster,
    expect,
  }) => {
    const namespace = await restrictedNamespace(cluster);
    const rendered = await outputOf(
      cluster.helm(["template", "test-release", chart, "-f", values, "--namespace", namespace]),
    );
    expect(rendered.match(/^kind: .*$/gm)).toEqual(["kind: Secret", "kind: CronJob"]);
    const dryRun = ["install", "--dry-run", "--debug", "test-release", chart, "-f", values];
    expect(await outputOf(cluster.helm([...dryRun, "--namespace", namespace]))).toContain(
      "test-release-cronjob",
    );
    expect(await namesOf(cluster, namespace, "cronjobs")).toEqual([]);
  });

  test("installs exactly a CronJob and a Secret, with the default values too", async ({
    cluster,
    expect,
  }) => {
    const namespace = await restrictedNamespace(cluster);
    const result = await cluster.helm(["install", "s3-sync", chart, "--namespace", namespace]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await namesOf(cluster, namespace, "cronjobs", "--selector=app=s3-sync")).toEqual([
      "s3-sync-cronjob",
    ]);
    expect(await namesOf(cluster, namespace, "secrets", "--selector=app=s3-sync")).toEqual([
      "s3-sync-environment",
    ]);
    const others =
      "serviceaccounts,roles,rolebindings,persistentvolumeclaims,configmaps,services,deployments";
    expect(
      await namesOf(cluster, namespace, others, "--selector=app.kubernetes.io/instance=s3-sync"),
    ).toEqual([]);
    await outputOf(cluster.helm(["uninstall", "s3-sync", "--namespace", namespace, "--wait"]));
    expect(await namesOf(cluster, namespace, "cronjobs,secrets", "--selector=app=s3-sync")).toEqual([]);
  });

  test("starts a job by hand whose pod the restricted standard lets in", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0, stderr: "" });
    await startByHand(cluster, namespace);
    expect(await namesOf(cluster, namespace, "jobs", "-l", "app=s3-sync")).toEqual(["manual-sync"]);
    const pod = await podOf(cluster, namespace, "manual-sync");
    expect(await namesOf(cluster, namespace, "pods", "-l", "app=s3-sync")).toEqual([pod]);
  });

  test("has its CronJob make a job when one is due", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    // Nobody waits for the full hour: the schedule is told that its last run was two hours ago, and is late.
    const lateness = ["--set", "cronjob.startingDeadlineSeconds=10800"];
    expect(await install(cluster, namespace, ...lateness)).toMatchObject({ exitCode: 0 });
    const lastScheduleTime = new Date(Date.now() - 2 * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
    const patch = `--patch=${JSON.stringify({ status: { lastScheduleTime } })}`;
    const target = ["patch", "cronjob", "s3-sync-cronjob", "--namespace", namespace];
    await outputOf(cluster.kubectl([...target, "--subresource=status", "--type=merge", patch]));
    const [job = ""] = await waitFor(
      async () => {
        const names = await namesOf(cluster, namespace, "jobs", "-l", "app=s3-sync");
        return names.length > 0 && names;
      },
      { deadlineMs, what: "the job of the CronJob" },
    );
    expect(job).toMatch(/^s3-sync-cronjob-\d+$/);
    expect(await podOf(cluster, namespace, job)).toMatch(/^s3-sync-cronjob-\d+-/);
  });

  test.for([2, 3, 7, 11, 12, 13])(
    "gives up at once after exit code %i",
    async (exitCode, { cluster, expect }) => {
      const namespace = await restrictedNamespace(cluster);
      expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
      await startByHand(cluster, namespace);
      await endPod(cluster, namespace, await podOf(cluster, namespace, "manual-sync"), exitCode);
      const { conditions } = await waitFor(
        async () => {
          const status = await jobStatus(cluster, namespace, "manual-sync");
          return status.conditions.some(({ type }) => type === "Failed") && status;
        },
        { deadlineMs, what: "the job to fail" },
      );
      expect(conditions.find(({ type }) => type === "Failed")).toMatchObject({ reason: "PodFailurePolicy" });
    },
  );

  test("tries once more after a temporary failure", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    expect(await install(cluster, namespace)).toMatchObject({ exitCode: 0 });
    await startByHand(cluster, namespace);
    const first = await podOf(cluster, namespace, "manual-sync");
    await endPod(cluster, namespace, first, 5);
    const second = await waitFor(
      async () =>
        (await namesOf(cluster, namespace, "pods", "-l", "app=s3-sync")).find((name) => name !== first),
      { deadlineMs, what: "a second pod" },
    );
    await endPod(cluster, namespace, second, 0);
    await waitFor(
      async () =>
        (await jobStatus(cluster, namespace, "manual-sync")).conditions.some(
          ({ type }) => type === "Complete",
        ),
      { deadlineMs, what: "the job to complete" },
    );
    expect(await jobStatus(cluster, namespace, "manual-sync")).toMatchObject({ failed: 1 });
  });

  test("installs under the longest release name that helm takes", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    const name = "a".repeat(53);
    expect(await cluster.helm(["install", name, chart, "--namespace", namespace])).toMatchObject({
      exitCode: 0,
    });
    const [cronjob = ""] = await namesOf(cluster, namespace, "cronjobs");
    expect(cronjob).toHaveLength(52);
  });

  test("puts every value into the Secret as it was typed", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    await using directory = await testDirectory();
    const file = join(directory.path, "values.yaml");
    const typed = { SOURCE_SECRET_KEY: ' a"b\\c#d: {{e}} %ü$F', MAX_DELETE: "1000000", EMPTY: undefined };
    await writeFile(file, JSON.stringify({ env: { ...typed, CA_CERT: "line one\nline two\n" } }));
    expect(await cluster.helm(["install", "s3-sync", chart, "-n", namespace, "-f", file])).toMatchObject({
      exitCode: 0,
    });
    const text = await outputOf(
      cluster.kubectl(["get", "secret", "s3-sync-environment", "-n", namespace, "--output=json"]),
    );
    const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(JSON.parse(text));
    const decoded = (name: string) => Buffer.from(data[name] ?? "", "base64").toString("utf8");
    expect(decoded("SOURCE_SECRET_KEY")).toBe(typed.SOURCE_SECRET_KEY);
    expect(decoded("MAX_DELETE")).toBe("1000000");
    expect(decoded("CA_CERT")).toBe("line one\nline two\n");
    expect(decoded("MAX_DURATION")).toBe("3300s");
  });

  test("says which key of the values it does not know", async ({ cluster, expect }) => {
    const namespace = await restrictedNamespace(cluster);
    const { exitCode, stderr } = await install(cluster, namespace, "--set", "env.MAX_DELTE=5");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("MAX_DELTE");
    expect(await namesOf(cluster, namespace, "cronjobs")).toEqual([]);
  });
});
