// SPDX-License-Identifier: MIT

/** The oldest nats-server that does what is needed: consumers with several filters, compression. */
const oldest = { major: 2, minor: 10 };

/** A sentence when the version, e.g. `2.9.25`, is too old. One that cannot be read is a build of somebody's own. */
export function tooOldServer(version: string | undefined): string | undefined {
  const found = /^v?(\d+)\.(\d+)/.exec(version ?? "");
  if (found === null) return undefined;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `The nats-server has version ${version}; at least ${oldest.major}.${oldest.minor} is needed.`;
}

/** What a value of `v1-objects` may have. */
const largestValueBytes = 10 * 1024 * 1024;

/** Sentences on what the server's limit of a message's size, in bytes, keeps out. */
export function payloadWarnings(maxPayload: number | undefined): readonly string[] {
  if (maxPayload === undefined || maxPayload >= largestValueBytes) return [];
  return [
    `The server's max_payload of ${maxPayload} bytes is below the ${largestValueBytes} that a value of v1-objects ` +
      "may have; larger records cannot be loaded until it is raised.",
  ];
}
