// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withFreePorts } from "../server/retry-ports.ts";
import { startServer } from "../server/start-server.ts";
import { waitFor } from "../wait-for.ts";
import { type CertificateAuthority, createSigningKeyPair } from "./certificates.ts";
import { statusOf } from "./https.ts";

/** Generous, because a control plane starts in 3 s on an idle machine and in 30 s on a busy one. */
const startMs = 120_000;
const issuer = "https://kubernetes.default.svc.cluster.local";

/** A server of the control plane and where it listens. */
export interface ControlPlaneServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts an etcd that keeps its data in `folder/etcd` and does not wait for the disk. */
export function startEtcd(program: string, folder: string): Promise<ControlPlaneServer> {
  return withFreePorts(2, async ([clientPort, peerPort]) => {
    const url = `http://127.0.0.1:${clientPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const server = await startServer({
      name: "etcd",
      launch: { command: program, args: [], env: {} },
      cwd: folder,
      args: [
        "--unsafe-no-fsync",
        `--data-dir=${join(folder, "etcd")}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
      ],
      ready: (_server, signal) =>
        waitFor(async () => (await fetch(`${url}/health`, { signal })).ok, { signal, deadlineMs: startMs }),
      deadlineMs: startMs,
    });
    return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  });
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
export async function startApiServer(options: ApiServerOptions): Promise<ControlPlaneServer> {
  const credentials = await credentialArgs(options);
  const { program, folder, authority, adminToken } = options;
  return withFreePorts(1, async ([port = 0]) => {
    const url = `https://127.0.0.1:${port}`;
    const isReady = async () =>
      (await statusOf(`${url}/readyz`, { token: adminToken, caCertificate: authority.certificate })) === 200;
    const server = await startServer({
      name: "kube-apiserver",
      launch: { command: program, args: [], env: {} },
      cwd: folder,
      args: [...credentials, ...serverArgs(options, port), ...options.extraArgs],
      ready: (_server, signal) => waitFor(isReady, { signal, deadlineMs: startMs }),
      deadlineMs: startMs,
    });
    return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  });
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
