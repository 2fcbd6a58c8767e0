// SPDX-License-Identifier: Apache-2.0

/** What git, ssh and curl take from the worker: how to log in, whom to trust, which way to go. */
const inherited = [
  "PATH",
  "HOME",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "SSH_ASKPASS",
  "SSH_ASKPASS_REQUIRE",
  "GIT_ASKPASS",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]),
] as const;

/**
 * The environment for git and for nothing else: a job never sees the worker's logins.
 *
 * @param worker the worker's own environment
 */
export function createGitEnvironment(
  worker: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const name of inherited) {
    const value = worker[name];
    if (value !== undefined && value !== "") env[name] = value;
  }
  return env;
}

/** What every git of a checkout is given on top, whatever the worker's administrator or user has configured. */
export function createGitRules(allowFile: boolean): Readonly<Record<string, string>> {
  return {
    // Nobody is there to answer.
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    // For submodules too, whose addresses the repository chooses: `ext::` would start a program.
    GIT_ALLOW_PROTOCOL: allowFile ? "https:http:git:ssh:file" : "https:http:git:ssh",
    // Its messages are read by us.
    LC_ALL: "C",
  };
}

/** Asks nothing, and gives up on a host that says nothing. */
export const defaultSshCommand = "ssh -o BatchMode=yes -o ConnectTimeout=30";
