// SPDX-License-Identifier: MIT

export interface ServiceAddress {
  readonly origin: string;
  /** Goes before every path; `""`, or begins with a slash and does not end with one. */
  readonly prefix: string;
}

/** @throws {TypeError} for what is no base address; what stands there may be a secret and is not repeated */
export function parseServiceAddress(baseUrl: string | URL): ServiceAddress {
  const url = URL.parse(String(baseUrl));
  const isUsable =
    url !== null && /^https?:$/.test(url.protocol) && `${url.search}${url.hash}${url.username}` === "";
  if (!isUsable || url.password !== "") {
    throw new TypeError("The base address of a service must be an http(s) URL without user, ? and #.");
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}
