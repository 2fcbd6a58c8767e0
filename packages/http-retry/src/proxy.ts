// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from "node:net";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that `env` names for `origin`: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, the lower-case spellings
 * first, and nothing where `NO_PROXY` names the host or the host is this machine. The rules are those of Go's
 * `httpproxy`, so that rclone and kubectl in the same pod take the same way.
 *
 * @returns an `http:` or `https:` URL with its credentials, or `undefined` for a direct connection
 * @throws {TypeError} naming the variable, never its value, which may hold a password
 */
export function proxyFor(origin: URL, env: Environment): URL | undefined {
  const name = origin.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = variable(env, name);
  if (value === undefined || isThisMachine(origin.hostname)) return undefined;
  if (isExcluded(origin, variable(env, "NO_PROXY") ?? "")) return undefined;
  return parseProxy(name, value);
}

function variable(env: Environment, name: string): string | undefined {
  const value = (env[name.toLowerCase()]?.trim() || env[name]?.trim()) ?? "";
  return value === "" ? undefined : value;
}

function parseProxy(name: string, value: string): URL {
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `${name} is not a proxy that can be used: write http://host:port or https://host:port, with user:password@ before the host if it needs them.`,
    );
  }
  return url;
}

function isThisMachine(hostname: string): boolean {
  const host = bare(hostname);
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Entries are parted by commas: `*`, `host`, `.domain`, `*.domain`, `10.0.0.0/8`, an address; `:port` narrows any. */
function isExcluded(origin: URL, noProxy: string): boolean {
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && excludes(entry, origin));
}

function excludes(entry: string, origin: URL): boolean {
  if (entry === "*") return true;
  const host = bare(origin.hostname);
  if (entry.includes("/")) return isInSubnet(host, entry);
  const { name, port } = splitPort(entry);
  if (port !== undefined && port !== (origin.port || (origin.protocol === "https:" ? "443" : "80")))
    return false;
  if (isIP(name) !== 0) return name === host;
  if (name.startsWith("*.")) return host.endsWith(name.slice(1));
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function splitPort(entry: string): { readonly name: string; readonly port?: string } {
  if (isIP(entry) === 6) return { name: entry };
  const match = /^(.*):(\d+)$/.exec(entry);
  return match?.[1] === undefined || match[2] === undefined
    ? { name: bare(entry) }
    : { name: bare(match[1]), port: match[2] };
}

function isInSubnet(host: string, entry: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (isIP(host) === 0 || isIP(network) === 0 || !(bits <= (family === "ipv6" ? 128 : 32))) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}

/** An IPv6 address without the brackets that it wears in a URL. */
function bare(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
