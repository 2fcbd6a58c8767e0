// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { hostname } from "node:os";
import { StartError } from "../start-error.ts";

const dnsName =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

/** Under these every server on this machine is reached; the machine's own name is left out where it is none of DNS. */
export function localNames(machine = hostname()): readonly string[] {
  const names = ["localhost", "127.0.0.1", "::1"];
  return dnsName.test(machine) ? mergeNames(names, [machine]) : names;
}

/** Lower case, without brackets around IPv6 addresses, each once, in the order of their first mention. */
export function mergeNames(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat().map((name) => name.replace(/^\[(.*)\]$/, "$1").toLowerCase()))];
}

/** @throws {StartError} for what no certificate can name */
export function checkName(name: string, source: string): string {
  const bare = name.trim().replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0 || (dnsName.test(bare) && !/^[\d.]+$/.test(bare))) return bare.toLowerCase();
  throw new StartError(
    `${source} must be a host name or an IP address, such as runner.example.com, without scheme or port.`,
  );
}
