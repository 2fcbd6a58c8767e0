// SPDX-License-Identifier: Apache-2.0
import { findProgram } from "@repo/testbed";

/** Paths of what a control plane consists of; `controllerManager` only where it was asked for. */
export interface KubernetesPrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  readonly helm: string;
  readonly controllerManager: string | undefined;
}

/**
 * Finds the programs or has them built, which takes minutes the first time.
 *
 * @throws when the machine lacks what they are built with, with the sentence that names it
 */
export async function kubernetesPrograms(withControllers: boolean): Promise<KubernetesPrograms> {
  // One after the other: they share what they compile, and building is all that two cores can do at a time.
  const etcd = await pathOf("etcd");
  const apiServer = await pathOf("kube-apiserver");
  const kubectl = await pathOf("kubectl");
  const helm = await pathOf("helm");
  const controllerManager = withControllers ? await pathOf("kube-controller-manager") : undefined;
  return { etcd, apiServer, kubectl, helm, controllerManager };
}

async function pathOf(name: string): Promise<string> {
  const found = await findProgram(name);
  if (found.status === "missing") throw new Error(found.reason);
  return found.path;
}
