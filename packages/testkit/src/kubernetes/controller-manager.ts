// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { withFreePorts } from "../server/retry-ports.ts";
import { startServer } from "../server/start-server.ts";
import { waitFor } from "../wait-for.ts";
import { statusOf } from "./https.ts";

const startMs = 120_000;

/**
 * Starts a kube-controller-manager and waits until it answers.
 *
 * Its own limits on requests are raised: a test creates in a second what a cluster creates in an hour.
 */
export function startControllerManager(
  program: string,
  folder: string,
  kubeconfig: string,
): Promise<AsyncDisposable> {
  return withFreePorts(1, ([port = 0]) => {
    const isReady = async () => (await statusOf(`https://127.0.0.1:${port}/healthz`)) === 200;
    return startServer({
      name: "kube-controller-manager",
      launch: { command: program, args: [], env: {} },
      cwd: folder,
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--authentication-kubeconfig=${kubeconfig}`,
        `--authorization-kubeconfig=${kubeconfig}`,
        "--authorization-always-allow-paths=/healthz",
        "--bind-address=127.0.0.1",
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, "pki")}`,
        `--root-ca-file=${join(folder, "pki", "client-ca-file")}`,
        "--leader-elect=false",
        "--use-service-account-credentials=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
      ],
      ready: (_server, signal) => waitFor(isReady, { signal, deadlineMs: startMs }),
      deadlineMs: startMs,
    });
  });
}
