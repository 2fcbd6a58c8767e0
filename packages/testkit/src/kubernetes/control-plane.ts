// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CertificateAuthority, createSigningKeyPair } from "./certificates.ts";
import { type Daemon, disposedOnFailure, startDaemon, untilReady } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { statusOf } from "./https.ts";

/** Generous, because a control plane starts in 3 s on an idle machine and in 30 s on a busy one. */
const startMs = 120_000;
const issuer = "https://kubernetes.default.svc.cluster.local";

/** Starts an etcd that keeps its data in `folder/etcd` and does not wait for the disk. */
export async function startEtcd(program: string, folder: string): Promise<{ daemon: Daemon; url: string }> {
  const [clientPort, peerPort] = await freePorts(2);
  const url = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const daemon = startDaemon({
    program,
    logFile: join(folder, "etcd.log"),
    args: [
      "--unsafe-no-fsync",
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
    ],
  });
  await disposedOnFailure(daemon, () =>
    untilReady(daemon, async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok, startMs),
  );
  return { daemon, url };
}

export interface ApiServerOptions {
  readonly program: string;
  readonly folder: string;
  readonly etcdUrl: string;
  readonly authority: CertificateAuthority;
  /** Lines of a static token file: `token,user,uid,"group,group"`. */
  readonly tokens: string;
  /** The token that readiness is asked with. */
  readonly adminToken: string;
  /** Off where no controller makes the default ServiceAccounts that the plugin looks for. */
  readonly isServiceAccountAdmissionOn: boolean;
  readonly extraArgs: readonly string[];
}

/** Starts a kube-apiserver with RBAC on 127.0.0.1 and waits for its `/readyz`. */
export async function startApiServer(options: ApiServerOptions): Promise<{ daemon: Daemon; url: string }> {
  const [port = 0] = await freePorts(1);
  const url = `https://127.0.0.1:${port}`;
  const daemon = startDaemon({
    program: options.program,
    logFile: join(options.folder, "kube-apiserver.log"),
    args: [...(await credentialArgs(options)), ...serverArgs(options, port), ...options.extraArgs],
  });
  const credentials = { token: options.adminToken, caCertificate: options.authority.certificate };
  const isReady = async () => (await statusOf(`${url}/readyz`, credentials)) === 200;
  await disposedOnFailure(daemon, () => untilReady(daemon, isReady, startMs));
  return { daemon, url };
}

/** Writes the key material below `folder` and names it to the API server. */
async function credentialArgs({ folder, authority, tokens }: ApiServerOptions): Promise<string[]> {
  const directory = join(folder, "pki");
  await mkdir(directory, { mode: 0o700 });
  const server = await authority.issueServer([
    { type: "ip", value: "127.0.0.1" },
    { type: "dns", value: "localhost" },
    { type: "dns", value: "kubernetes.default.svc" },
  ]);
  const signing = createSigningKeyPair();
  const files = {
    "tls-cert-file": server.certificate,
    "tls-private-key-file": server.privateKey,
    "client-ca-file": authority.certificate,
    "token-auth-file": tokens,
    "service-account-key-file": signing.publicKey,
    "service-account-signing-key-file": signing.privateKey,
  };
  return Promise.all(
    Object.entries(files).map(async ([flag, text]) => {
      const path = join(directory, flag);
      await writeFile(path, text, { mode: 0o600 });
      return `--${flag}=${path}`;
    }),
  );
}

function serverArgs(options: ApiServerOptions, port: number): string[] {
  return [
    `--etcd-servers=${options.etcdUrl}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(options.folder, "pki")}`,
    "--authorization-mode=RBAC",
    "--endpoint-reconciler-type=none",
    `--service-account-issuer=${issuer}`,
    `--api-audiences=${issuer}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--allow-privileged=true",
    "--profiling=false",
    ...(options.isServiceAccountAdmissionOn ? [] : ["--disable-admission-plugins=ServiceAccount"]),
  ];
}
