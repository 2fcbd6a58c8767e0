// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { type Daemon, disposedOnFailure, startDaemon, untilReady } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { statusOf } from "./https.ts";

const startMs = 120_000;

/**
 * Starts a kube-controller-manager and waits until it answers.
 *
 * Its own limits on requests are raised: a test creates in a second what a cluster creates in an hour.
 */
export async function startControllerManager(
  program: string,
  folder: string,
  kubeconfig: string,
): Promise<Daemon> {
  const [port = 0] = await freePorts(1);
  const daemon = startDaemon({
    program,
    logFile: join(folder, "kube-controller-manager.log"),
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
  });
  const isReady = async () => (await statusOf(`https://127.0.0.1:${port}/healthz`)) === 200;
  await disposedOnFailure(daemon, () => untilReady(daemon, isReady, startMs));
  return daemon;
}
