// SPDX-License-Identifier: Apache-2.0

export interface KubeconfigOptions {
  readonly url: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly caCertificate: string;
  readonly token: string;
  /** The namespace that commands without one act on; default "default". */
  readonly namespace?: string;
}

/** The text of a kubeconfig that logs in with a bearer token. JSON, which every YAML reader takes. */
export function toKubeconfig({
  url,
  caCertificate,
  token,
  namespace = "default",
}: KubeconfigOptions): string {
  const authority = Buffer.from(caCertificate).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "testkit",
    clusters: [{ name: "testkit", cluster: { server: url, "certificate-authority-data": authority } }],
    users: [{ name: "testkit", user: { token } }],
    contexts: [{ name: "testkit", context: { cluster: "testkit", user: "testkit", namespace } }],
  });
}
