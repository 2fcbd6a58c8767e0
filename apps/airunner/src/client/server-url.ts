// SPDX-License-Identifier: Apache-2.0
import { ClientError } from "./client-error.ts";

/** Where a server is that was started without any options. */
export const defaultServer = "https://localhost:8080";

/**
 * Reads `https://host:port`, `http://host:port` (plaintext HTTP/2), or `host:port`, which means https. A path is
 * kept: servers may stand behind a prefix.
 *
 * @throws {ClientError} `bad_setting`
 */
export function parseServerUrl(text: string): URL {
  const trimmed = text.trim();
  // "localhost:8080" alone would be read as a URL with the scheme "localhost".
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "https" && scheme !== "http") {
    throw new ClientError(
      "bad_setting",
      `the server address has the scheme "${scheme}"; use https:// (or http:// for a server started with --no-tls)`,
    );
  }
  const url = URL.parse(scheme === undefined ? `https://${trimmed}` : trimmed);
  if (url === null || trimmed === "") {
    throw new ClientError(
      "bad_setting",
      `the server address ${JSON.stringify(withoutSecrets(trimmed))} is not a URL; write it as ${defaultServer}`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ClientError(
      "bad_setting",
      `the server address of ${url.host} holds a user name or password; leave them out and use --token or --token-file`,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new ClientError("bad_setting", `the server address of ${url.host} has a query; leave it out`);
  }
  return url;
}

/** As people write it: without the slash that every URL object has at its end. */
export function formatServer(url: URL): string {
  return `${url.origin}${url.pathname === "/" ? "" : url.pathname}`;
}

/** Whether data sent to this address stays on the machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d+){3}$/.test(host)
  );
}

function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@").slice(0, 200);
}
