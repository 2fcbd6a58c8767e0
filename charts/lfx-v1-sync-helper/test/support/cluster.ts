// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { waitFor } from "@repo/testkit";
import { type Kubernetes, outputOf } from "@repo/testkit/kubernetes";
import { z } from "zod";

export const chart = join(import.meta.dirname, "..", "..");
export const caseOf = (name: string): string => join(chart, "ci", `${name}-values.yaml`);

/** Objects that controllers make come within a moment; a busy machine gets this long. */
export const deadlineMs = 60_000;

const Named = z.object({ metadata: z.object({ name: z.string() }) });
const List = z.object({ items: z.array(Named) });

/** A namespace in which only pods of the restricted Pod Security Standard are let in. */
export async function restrictedNamespace(cluster: Kubernetes): Promise<string> {
  const name = `test-${randomUUID()}`;
  await outputOf(cluster.kubectl(["create", "namespace", name]));
  const label = "pod-security.kubernetes.io/enforce=restricted";
  await outputOf(cluster.kubectl(["label", "namespace", name, label]));
  return name;
}

/** Reads an object as the API server has it. */
export async function read<T>(
  cluster: Kubernetes,
  namespace: string,
  what: readonly string[],
  schema: z.ZodType<T>,
): Promise<T> {
  const text = await outputOf(cluster.kubectl(["get", ...what, "--namespace", namespace, "--output=json"]));
  return schema.parse(JSON.parse(text));
}

export async function namesOf(
  cluster: Kubernetes,
  namespace: string,
  ...what: readonly string[]
): Promise<readonly string[]> {
  const { items } = await read(cluster, namespace, what, List);
  return items.map((item) => item.metadata.name);
}

/** The pods of the service, once there are `count`. */
export function podsOf(cluster: Kubernetes, namespace: string, count: number): Promise<readonly string[]> {
  return waitFor(
    async () => {
      const names = await namesOf(cluster, namespace, "pods", "--selector=app=lfx-v1-sync-helper");
      return names.length === count && names;
    },
    { deadlineMs, what: `${count} pods` },
  );
}
