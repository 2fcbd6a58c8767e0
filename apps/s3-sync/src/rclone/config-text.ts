// SPDX-License-Identifier: Apache-2.0
import type { Side } from "../side.ts";

/** rclone's parser reads `%(anything)s` as another key's value, and has no way to write it literally. */
const interpolation = /%\(.*\)s/;
const controlCharacter = /[\u0000-\u001f\u007f]/;

/**
 * Why rclone's configuration format cannot carry `value`, as the end of a sentence; `undefined` if it can.
 *
 * Tried with 1.60.1 and 1.75.2: a line break injects a key, `%(name)s` is interpolated even inside quotes;
 * everything else survives between backticks.
 */
export function findUnwritable(value: string): string | undefined {
  if (controlCharacter.test(value)) {
    return "holds a control character (a line break or tab, perhaps), which rclone's configuration cannot carry";
  }
  if (interpolation.test(value)) {
    return "holds %(name)s, which rclone's configuration always replaces; use a value without it";
  }
  return undefined;
}

/** Backticks keep blanks, quotes, `#`, `;` and inner backticks as they are. */
function quoteValue(value: string): string {
  const problem = findUnwritable(value);
  if (problem !== undefined) throw new TypeError(`a configuration value ${problem}`);
  return `\`${value}\``;
}

function section(name: string, keys: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(keys)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "")
    .map(([key, value]) => `${key} = ${quoteValue(value)}`);
  return [`[${name}]`, ...lines, ""].join("\n");
}

function sideKeys(side: Side): Record<string, string | undefined> {
  return {
    type: "s3",
    provider: side.provider,
    access_key_id: side.credentials.accessKeyId,
    secret_access_key: side.credentials.secretAccessKey,
    session_token: side.credentials.sessionToken,
    endpoint: side.endpoint.origin,
    region: side.region,
    force_path_style: String(side.pathStyle),
    // Keys come from this file alone; the pod's own identity must not stand in for a wrong one.
    env_auth: "false",
    // A typo in a bucket name would create that bucket.
    no_check_bucket: "true",
    // No `list_url_encode`: rclone decodes the names even where a server ignored the wish (versitygw), and reads
    // `a+b` as `a b`. Unset, it asks for encoded names by itself once a listing cannot be parsed.
  };
}

export interface ConfigTextOptions {
  readonly source: Side;
  readonly destination: Side;
  /** Storage class of what is written; empty leaves it to rclone. */
  readonly storageClass: string;
}

/** rclone's configuration with the remotes `source` and `dest`. */
export function toConfigText({ source, destination, storageClass }: ConfigTextOptions): string {
  return [
    section("source", sideKeys(source)),
    section("dest", { ...sideKeys(destination), storage_class: storageClass }),
  ].join("\n");
}
