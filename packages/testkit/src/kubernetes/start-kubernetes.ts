// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "../test-directory.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { type CommandRunner, createCommandRunner, outputOf } from "./commands.ts";
import { startApiServer, startEtcd } from "./control-plane.ts";
import { startControllerManager } from "./controller-manager.ts";
import { toKubeconfig } from "./kubeconfig.ts";
import { kubernetesPrograms } from "./programs.ts";
import { createStaticTokens, type StaticUser } from "./static-users.ts";

export interface KubernetesOptions {
  /**
   * Also runs the controller-manager, so that CronJobs make Jobs, Jobs make pods and deleted namespaces go.
   * Default false. Nothing ever runs a pod: a test that needs one finished patches its status, as a kubelet would.
   */
  readonly controllers?: boolean;
  /** People and ServiceAccounts with a token that never changes; default none. An administrator is always there. */
  readonly users?: readonly StaticUser[];
  /** Further arguments of kube-apiserver; where one repeats ours, it wins. */
  readonly apiServerArgs?: readonly string[];
}

/** A Kubernetes control plane of this process's own; disposing stops it and removes what it stored. */
export interface Kubernetes extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** PEM of the authority behind `url`. */
  readonly caCertificate: string;
  /** `http://127.0.0.1:<port>`; for tests that compact or damage what is stored. */
  readonly etcdUrl: string;
  /** Token of a member of `system:masters`. */
  readonly adminToken: string;
  /** Path of a kubeconfig with that token; mode 0600. */
  readonly kubeconfig: string;
  /** The static token of one of `users`. Throws a TypeError for another name. */
  tokenOf(user: string): string;
  /** A token as a pod of this ServiceAccount would get it, valid for an hour; the account must exist. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** Writes another kubeconfig, for whoever holds `token`, and answers with its path. */
  writeKubeconfig(name: string, token: string, namespace?: string): Promise<string>;
  /** kubectl as the administrator; the second form with another kubeconfig. */
  readonly kubectl: CommandRunner;
  kubectlWith(kubeconfig: string): CommandRunner;
  /** helm as the administrator. */
  readonly helm: CommandRunner;
}

const administrator: StaticUser = { name: "testkit-admin", groups: ["system:masters"] };

/**
 * Starts etcd and kube-apiserver on 127.0.0.1, with RBAC; 3 s on an idle machine, 300 MB.
 *
 * Without `controllers` the ServiceAccount admission plugin is off and a deleted namespace stays
 * "Terminating": use fresh names.
 *
 * @throws {MissingServerError} when the machine lacks what the programs are built with
 * @throws {ServerStartError} when one does not come up; the message holds the end of its log
 */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const { controllers = false, users = [], apiServerArgs = [] } = options;
  const programs = await kubernetesPrograms(controllers);
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await testDirectory("kubernetes"));
  await mkdir(join(folder, "home"));

  const authority = await createCertificateAuthority();
  const tokens = createStaticTokens([administrator, ...users]);
  const adminToken = tokens.tokenOf(administrator.name);
  // The stack stops in reverse: the API server must end before its etcd, else it hangs.
  const etcd = stack.use(await startEtcd(programs.etcd, folder));
  const apiServer = stack.use(
    await startApiServer({
      program: programs.apiServer,
      folder,
      etcdUrl: etcd.url,
      authority,
      tokens: tokens.file,
      adminToken,
      isServiceAccountAdmissionOn: controllers,
      extraArgs: apiServerArgs,
    }),
  );

  const writeKubeconfig = async (name: string, token: string, namespace = "default") => {
    const path = join(folder, `${name}.kubeconfig`);
    const text = toKubeconfig({ url: apiServer.url, caCertificate: authority.certificate, token, namespace });
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const kubeconfig = await writeKubeconfig("admin", adminToken);
  if (programs.controllerManager !== undefined) {
    stack.use(await startControllerManager(programs.controllerManager, folder, kubeconfig));
  }

  const kubectlWith = (path: string) => createCommandRunner(programs.kubectl, path, folder);
  const kubectl = kubectlWith(kubeconfig);
  const running = stack.move();
  return {
    url: apiServer.url,
    caCertificate: authority.certificate,
    etcdUrl: etcd.url,
    adminToken,
    kubeconfig,
    tokenOf: (user) => tokens.tokenOf(user),
    serviceAccountToken: async (namespace, name) =>
      (await outputOf(kubectl(["create", "token", name, "--namespace", namespace]))).trim(),
    writeKubeconfig,
    kubectl,
    kubectlWith,
    helm: createCommandRunner(programs.helm, kubeconfig, folder),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
