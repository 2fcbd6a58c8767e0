// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import { type Clock, systemClock } from "../clock.ts";
import type { Bucket } from "../nats/bucket.ts";
import type { Organization, Person } from "../objects/world.ts";
import { type Authors, createAuthors } from "./authors.ts";
import { isLookupId } from "./editor.ts";
import {
  CachedLookup,
  type CachedLookupOptions,
  type CacheTimes,
  type LookupEvent,
} from "./lookup/cached-lookup.ts";
import { organizationAttributes, personAttributes, toOrganization, toPerson } from "./people.ts";
import { createV1Api, lookupLockMs, type V1Api, type V1ApiOptions } from "./v1-api.ts";
import { createV2Tokens, type V2Tokens, type V2TokensOptions } from "./v2-tokens.ts";

export interface IdentityOptions {
  /** How v1 is asked. */
  readonly v1: Omit<V1ApiOptions, "clock" | "env">;
  /** `clientId` is HEIMDALL_CLIENT_ID, as `v1_sync_helper`. */
  readonly heimdall: Omit<V2TokensOptions, "clock" | "env" | "logger"> & { readonly clientId: string };
  /** `v1-sync-users`. */
  readonly bucket: Bucket;
  /** Defaults: 6 h, refreshed after 10 min (organizations 30 min); what v1 does not know 10 min. */
  readonly users?: Partial<CacheTimes>;
  readonly organizations?: Partial<CacheTimes>;
  /** People and organizations kept in memory, each; default 10 000. */
  readonly maxInMemory?: number;
  /** Variables that name proxies. */
  readonly env?: V1ApiOptions["env"];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly onLookup?: (event: LookupEvent) => void;
}

/** Who made a change in v1, and how v2 is told. */
export interface Identity extends Authors, V2Tokens {
  /** `undefined`: v1 knows nobody of that id, or nobody with a username. @throws {UnavailableError} */
  readonly person: (id: string) => Promise<Person | undefined>;
  /** `undefined`: v1 knows none of that id. @throws {UnavailableError} */
  readonly organization: (id: string) => Promise<Organization | undefined>;
}

const minuteMs = 60_000;
const defaultTimes = {
  user: { ttlMs: 360 * minuteMs, refreshMs: 10 * minuteMs, unknownTtlMs: 10 * minuteMs },
  organization: { ttlMs: 360 * minuteMs, refreshMs: 30 * minuteMs, unknownTtlMs: 10 * minuteMs },
} as const satisfies Record<string, CacheTimes>;

/**
 * Begins at once to look for the key id in the background; v1 is asked only when somebody is looked up. Disposing it
 * ends all of that; whoever waits gets an `UnavailableError`.
 *
 * @throws {JwtError} `key_unusable`, naming the variable whose key cannot be used
 * @throws {TypeError} for a time or an address that cannot be used
 */
export function createIdentity(options: IdentityOptions): Identity {
  const { clock = systemClock, logger, env = {} } = options;
  const stop = new AbortController();
  const api = createV1Api({ ...options.v1, clock, env });
  const tokens = createV2Tokens({ ...options.heimdall, clock, env, logger });
  const common = { ...options, clock, stop: stop.signal };
  const people = createLookup("user", api, common);
  const organizations = createLookup("organization", api, common);

  async function person(id: string): Promise<Person | undefined> {
    const attributes = isLookupId(id) ? await people.read(id) : undefined;
    return attributes === undefined ? undefined : toPerson(attributes);
  }

  return {
    ...createAuthors(options.heimdall.clientId, person),
    ...tokens,
    person,
    async organization(id) {
      const attributes = isLookupId(id) ? await organizations.read(id) : undefined;
      return attributes === undefined ? undefined : toOrganization(id, attributes);
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("The identity is disposed."));
      await Promise.all([api[Symbol.asyncDispose](), tokens[Symbol.asyncDispose]()]);
      await Promise.all([people.settled(), organizations.settled()]);
    },
  };
}

const kinds = {
  user: { path: "v1/users/", names: personAttributes, times: "users" },
  organization: {
    path: "organization-service/v1/orgs/",
    names: organizationAttributes,
    times: "organizations",
  },
} as const;

function createLookup(
  subject: keyof typeof kinds,
  api: V1Api,
  options: IdentityOptions & Pick<CachedLookupOptions, "clock"> & { readonly stop: AbortSignal },
): CachedLookup {
  const { path, names, times } = kinds[subject];
  const { bucket, clock, logger, onLookup, maxInMemory = 10_000 } = options;
  return new CachedLookup({
    ...checkTimes({ ...defaultTimes[subject], ...options[times] }),
    subject,
    names,
    fetch: (id) => api.get(`${path}${encodeURIComponent(id)}`, `GET ${path}{id}`),
    bucket,
    lockMs: lookupLockMs,
    maxEntries: maxInMemory,
    clock,
    logger,
    signal: options.stop,
    onLookup,
  });
}

function checkTimes(times: CacheTimes): CacheTimes {
  for (const [name, ms] of Object.entries(times))
    if (!(ms >= 0)) throw new TypeError(`${name} must be a number of at least 0, not ${ms}.`);
  return times;
}
