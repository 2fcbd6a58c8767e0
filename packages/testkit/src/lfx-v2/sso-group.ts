// SPDX-License-Identifier: Apache-2.0
import { internal } from "./api-error.ts";
import type { Bucket } from "./bucket.ts";
import { lookupKeys } from "./store.ts";

const MAX_TRIES = 100;

/**
 * CR5: reserves the first free name of an SSO group: `slug-name`, `slug-name-2`, ….
 *
 * @throws {ApiError} 500 when a hundred are taken
 */
export function reserveSsoGroup(committees: Bucket, uid: string, projectSlug: string, name: string): string {
  const base = slugify(`${projectSlug}-${name}`);
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const candidate = attempt === 1 ? base : `${base}-${attempt}`;
    if (committees.reserve(lookupKeys.ssoGroup(candidate), uid)) return candidate;
  }
  throw internal("exceeded maximum retries for SSO name generation");
}

/** `cimsk1kz-Açme & Co. WG!` → `cimsk1kz-acme-and-co-wg`. */
function slugify(text: string): string {
  return text
    .trim()
    .replaceAll("&", "and")
    .replaceAll("@", "at")
    .replace(/["'‘’“”]/g, "")
    .replace(/[‒–—―]/g, "-")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/-{2,}/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
}
