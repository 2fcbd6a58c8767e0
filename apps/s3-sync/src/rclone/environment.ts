// SPDX-License-Identifier: Apache-2.0

/** What rclone may see of our environment. Anything else (`RCLONE_*`, `AWS_*`) could redirect or silence a run. */
const passedOn = [
  "PATH",
  "TMPDIR",
  "TZ",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "GOGC",
  "GOMEMLIMIT",
  "GOMAXPROCS",
] as const;

const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of rclone, built from nothing: a copy of a few variables, and a home that does not exist. */
export function toRcloneEnvironment(env: Environment): Record<string, string> {
  const kept = passedOn.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return { HOME: "/nonexistent", ...Object.fromEntries(kept) };
}

/** Passwords of proxies: rclone may name a proxy in an error. */
export function proxySecrets(env: Environment): string[] {
  return proxyVariables.flatMap((name) => {
    const password = URL.parse(env[name] ?? "")?.password ?? "";
    return password === "" ? [] : [password, decodeLoosely(password)];
  });
}

function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
