// SPDX-License-Identifier: Apache-2.0
import { requireProgram } from "../server/missing-server-error.ts";

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
 * @throws {MissingServerError} when the machine lacks what they are built with
 */
export async function kubernetesPrograms(withControllers: boolean): Promise<KubernetesPrograms> {
  // One after the other: they share what they compile, and building is all that two cores can do at a time.
  const etcd = (await requireProgram("etcd")).path;
  const apiServer = (await requireProgram("kube-apiserver")).path;
  const kubectl = (await requireProgram("kubectl")).path;
  const helm = (await requireProgram("helm")).path;
  const controllerManager = withControllers
    ? (await requireProgram("kube-controller-manager")).path
    : undefined;
  return { etcd, apiServer, kubectl, helm, controllerManager };
}
