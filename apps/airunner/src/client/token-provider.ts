// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from "node:fs";
import { ClientError } from "./client-error.ts";

/** Asked before every call; `undefined` sends none. */
export type TokenProvider = () => string | undefined | Promise<string | undefined>;

/** Longest token file; real ones have some hundred bytes. */
const maxBytes = 65_536;

export function noToken(): undefined {
  return undefined;
}

/** @throws {ClientError} `bad_setting` for text that no HTTP header can carry */
export function fixedToken(token: string, from: string): TokenProvider {
  const checked = checkToken(token, from);
  return () => checked;
}

/**
 * Reads the token out of a file, again whenever the file changes, so that a program that runs for weeks takes up
 * tokens which are rotated under it. The first call reads; while a later version cannot be read (half written,
 * being replaced), the last good token stays.
 */
export function fileToken(path: string): TokenProvider {
  let known: { readonly version: string; readonly token: string } | undefined;
  return () => {
    try {
      const version = fileVersion(path);
      if (known?.version !== version) known = { version, token: readToken(path) };
    } catch (error) {
      if (known === undefined) throw error;
    }
    return known?.token;
  };
}

/** A link that is switched to another file, as Kubernetes does it, shows by the inode. */
function fileVersion(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "missing" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
}

function readToken(path: string): string {
  let text: string;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > maxBytes) {
      throw new ClientError(
        "bad_setting",
        `the token file ${path} has more than ${maxBytes} bytes; it is not a token`,
      );
    }
    text = bytes.toString("utf8");
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    const why = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    throw new ClientError(
      "bad_setting",
      `the token file ${path} cannot be read (${why}); check --token-file`,
      { cause },
    );
  }
  return checkToken(text, `the token file ${path}`);
}

function checkToken(text: string, from: string): string {
  const token = text.trim().replace(/^Bearer\s+/i, "");
  if (token === "")
    throw new ClientError("bad_setting", `${from} is empty; make a token with 'airunner-cli token'`);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ClientError(
      "bad_setting",
      `${from} holds blanks or characters that no token has; is it another file?`,
    );
  }
  return token;
}
