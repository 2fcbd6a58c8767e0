// SPDX-License-Identifier: MIT
import { envBoolean, envEnum, envHost, envInteger, envPort, envText, envUrl } from "@repo/service";
import * as z from "zod";
import { envBaseUrl, envGateway, envNats, envPrivateKey, envSlugs } from "./fields.ts";

const gibibyte = 2 ** 30;

const settingsFields = z.object({
  NATS_URL: envNats().describe(
    "NATS servers of one cluster, such as `nats://lfx-platform-nats:4222`; several between commas. `user:password@` or `token@` may stand before a host.",
  ),
  PROJECT_SERVICE_URL: envBaseUrl().describe("Base address of v2's project service; a path in it is kept."),
  COMMITTEE_SERVICE_URL: envBaseUrl()
    .optional()
    .describe(
      "Base address of v2's committee service. Without it committees and members are parked with that reason.",
    ),
  HEIMDALL_CLIENT_ID: envText({
    pattern: /^[^\s@:]+$/,
    hint: "a client id without blanks, @ and :",
    default: "v1_sync_helper",
  }).describe("Principal `{id}@clients` for what nobody known changed, and for reading."),
  HEIMDALL_KEY_ID: envText()
    .optional()
    .describe("`kid` of the tokens for v2; without it the key set is asked which of its keys is ours."),
  HEIMDALL_JWKS_URL: envUrl({
    default: "http://lfx-platform-heimdall.lfx.svc.cluster.local:4457/.well-known/jwks",
  }).describe("Key set that holds our key."),
  AUTH0_TENANT: envText({
    pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z]{2,3})?$/i,
    hint: "the tenant's name alone, as linuxfoundation in linuxfoundation.auth0.com",
  }).describe("Auth0 tenant: tokens for v1 come from `https://{tenant}.auth0.com`."),
  AUTH0_CLIENT_ID: envText({ pattern: /^[^\s@]+$/, hint: "a client id without blanks and @" }).describe(
    "Our client at Auth0; records that it changed last are not sent back to v2.",
  ),
  AUTH0_TOKEN_URL: envUrl()
    .optional()
    .describe("Token endpoint; default `https://{AUTH0_TENANT}.auth0.com/oauth/token`."),
  LFX_API_GW: envGateway("https://api-gw.dev.platform.linuxfoundation.org/").describe(
    "v1's gateway, for looking up users and organizations. As typed it is also the audience of the tokens.",
  ),
  PORT: envPort({ default: 8080 }).describe("Where `/livez`, `/readyz` and `/metrics` are."),
  BIND: envHost({ default: "*" }).describe("Address of that port; `*` is all interfaces."),
  DEBUG: envBoolean({ default: false }).describe("Log lines of level `debug`, with user names in them."),
  HTTP_DEBUG: envBoolean({ default: false }).describe(
    "A log line for each HTTP call: method, path, status, duration. Never headers or bodies.",
  ),
  USER_CACHE_TTL_SECONDS: envInteger({ min: 1, max: 604_800, default: 21_600 }).describe(
    "How long users and organizations of v1 are remembered.",
  ),
  USER_CACHE_REFRESH_SECONDS: envInteger({ min: 1, max: 604_800, default: 600 }).describe(
    "Age from which they are looked up again in the background.",
  ),
  DELETE_POLICY: envEnum(["delete", "ignore"], { default: "delete" }).describe(
    "What happens in v2 when an object is deleted in v1.",
  ),
  MAX_DELETES_PER_HOUR: envInteger({ min: 0, max: 1_000_000, default: 100 }).describe(
    "Deletes in v2 within an hour, of all instances together. Those above are held until `dlq retry`.",
  ),
  PROJECT_ALLOWLIST: envSlugs().describe(
    "Slugs of projects that may be created, without their children. Both lists empty: all.",
  ),
  PROJECT_FAMILY_ALLOWLIST: envSlugs().describe(
    "Slugs of projects that may be created with all their descendants.",
  ),
  MAX_IN_FLIGHT: envInteger({ min: 1, max: 1000, default: 100 }).describe(
    "Objects that an instance works on at once.",
  ),
  CREATE_BUCKETS: envBoolean({ default: true }).describe(
    "Creates buckets that are missing at the start; existing ones are used as they are.",
  ),
  V1_OBJECTS_MAX_BYTES: envInteger({ min: -1, default: 10 * gibibyte }).describe(
    "Size of `v1-objects` when it is created here; JetStream reserves it. -1 is no limit.",
  ),
  V1_MAPPINGS_MAX_BYTES: envInteger({ min: -1, default: 2 * gibibyte }).describe(
    "Size of `v1-mappings` when it is created here; -1 is no limit.",
  ),
  V1_SYNC_STATE_MAX_BYTES: envInteger({ min: -1, default: 2 * gibibyte }).describe(
    "Size of `v1-sync-state` when it is created here, half a kilobyte for each object; -1 is no limit.",
  ),
  V1_SYNC_USERS_MAX_BYTES: envInteger({ min: -1, default: gibibyte / 4 }).describe(
    "Size of `v1-sync-users` when it is created here; -1 is no limit.",
  ),
  CLAIM_SECONDS: envInteger({ min: 3, max: 600, default: 60 }).describe(
    "How long an object stays an instance's after its last sign of life. The same for all instances.",
  ),
  REQUEST_TIMEOUT_SECONDS: envInteger({ min: 1, max: 59, default: 20 }).describe(
    "Time-out of a call to a v2 service; below half of `CLAIM_SECONDS`.",
  ),
  CREATE_SETTLE_SECONDS: envInteger({ min: 1, max: 3600, default: 60 }).describe(
    "How long a create whose outcome is unknown may still be carried out by the service; so long a second one waits.",
  ),
  SWEEP_INTERVAL_SECONDS: envInteger({ min: 0, max: 604_800, default: 3600 }).describe(
    "Time between two searches for objects that were never finished; 0 is never.",
  ),
});

type Fields = z.output<typeof settingsFields>;
type NumberField = { [K in keyof Fields]-?: Fields[K] extends number ? K : never }[keyof Fields];

/** A rule across numbers. It is told beside the problems of other variables, as soon as its own are numbers. */
function rule(
  [first, second]: readonly [NumberField, NumberField],
  holds: (first: number, second: number) => boolean,
  error: string,
) {
  const numbers = z.looseObject({ [first]: z.number(), [second]: z.number() });
  return z.refine<Fields>((fields) => holds(fields[first], fields[second]), {
    path: [first],
    error,
    when: ({ value }) => numbers.safeParse(value).success,
  });
}

/** Everything but secrets, in the order of the README's table. */
export const settingsSchema = settingsFields.check(
  rule(
    ["REQUEST_TIMEOUT_SECONDS", "CLAIM_SECONDS"],
    (timeout, claim) => timeout < claim / 2,
    "must be below half of CLAIM_SECONDS, so that a claim outlives the call that it covers",
  ),
  rule(
    ["CREATE_SETTLE_SECONDS", "REQUEST_TIMEOUT_SECONDS"],
    (settle, timeout) => settle >= timeout,
    "must not be below REQUEST_TIMEOUT_SECONDS, or a second create could overtake the first",
  ),
  rule(
    ["USER_CACHE_REFRESH_SECONDS", "USER_CACHE_TTL_SECONDS"],
    (refresh, ttl) => refresh <= ttl,
    "must not be above USER_CACHE_TTL_SECONDS",
  ),
);

/** Kept apart, so that settings can be logged; each may also come as `NAME_FILE`. */
export const secretsSchema = z.object({
  HEIMDALL_PRIVATE_KEY: envPrivateKey("HEIMDALL_PRIVATE_KEY", "PS256").describe(
    "RSA key that signs the tokens for v2: PEM, PKCS#1 or PKCS#8.",
  ),
  AUTH0_PRIVATE_KEY: envPrivateKey("AUTH0_PRIVATE_KEY", "RS256").describe(
    "RSA key of our client at Auth0: PEM, PKCS#1 or PKCS#8.",
  ),
});

/** What commands need that only look at what is remembered, or change it. */
export const stateSchema = settingsFields.pick({ NATS_URL: true });

/** What asking a running instance needs. */
export const healthSchema = settingsFields.pick({ PORT: true, BIND: true });
