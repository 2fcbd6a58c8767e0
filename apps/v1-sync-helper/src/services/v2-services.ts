// SPDX-License-Identifier: MIT
import type { Environment } from "@repo/http-retry";
import { type Clock, systemClock } from "../clock.ts";
import type { Bucket } from "../nats/bucket.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { Author } from "../objects/author.ts";
import type { NaturalKey, ServiceName, WriteCall } from "../objects/plan.ts";
import type { Resource } from "../objects/world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import type { WriteAnswer } from "./answer.ts";
import type { AuthHeaders } from "./auth-headers.ts";
import { Lookups } from "./lookups.ts";
import { ServiceClient } from "./service-client.ts";
import type { ServiceEvents, ServiceLoad } from "./service-events.ts";

export interface V2ServicesOptions {
  readonly projectServiceUrl: string | URL;
  /** Without it there is no committee service. */
  readonly committeeServiceUrl?: string | URL | undefined;
  readonly auth: AuthHeaders;
  /** In whose name things are read. */
  readonly reader: Author;
  readonly link: Pick<NatsLink, "request">;
  /** The committee service's own buckets, which are only read: `committees` and `committee-members`. */
  readonly committees: Bucket;
  readonly committeeMembers: Bucket;
  /** One request with its whole answer; milliseconds, below 60 000, default 20 000. */
  readonly requestTimeoutMs?: number;
  /** Most calls to one service at once; what the service takes is found out below that. Default 100. */
  readonly maxInFlight?: number;
  /** Where proxies are named; default: none. */
  readonly env?: Environment;
  readonly events?: ServiceEvents;
  readonly clock?: Pick<Clock, "monotonicMs">;
}

/** The two services of v2, and what they tell over NATS. Disposing ends what is under way. */
export interface V2Services extends AsyncDisposable {
  readonly has: (service: ServiceName) => boolean;
  /**
   * Reads as the `reader`; repeated a few times, within twice the request's time-out.
   *
   * @returns `undefined` when the service says 404
   * @throws {UnavailableError} for everything but a JSON object with an ETag
   */
  readonly get: (service: ServiceName, path: string) => Promise<Resource | undefined>;
  /**
   * Sends once; a second time only when the token was not accepted, by which nothing was carried out. Never throws for
   * what the service or the network does.
   */
  readonly send: (call: WriteCall, author: Author) => Promise<WriteAnswer>;
  /** {@link send} is over after this time at the latest; milliseconds. */
  readonly longestSendMs: number;
  /** The uid of v2's project `ROOT`; believed for a minute. */
  readonly rootUid: () => Promise<string>;
  readonly slugOf: (projectUid: string) => Promise<string | undefined>;
  /** What the project service's index says, cheaply and unchecked: for asking which of two creates it kept. */
  readonly uidOfSlug: (slug: string) => Promise<string | undefined>;
  /** The uid of the object that has this natural key, checked with the object itself. */
  readonly find: (key: NaturalKey) => Promise<string | undefined>;
  readonly loads: () => readonly ServiceLoad[];
}

/** @throws {TypeError} naming what cannot be used */
export function createV2Services(options: V2ServicesOptions): V2Services {
  const { requestTimeoutMs = 20_000, maxInFlight = 100, env = {}, events = {} } = options;
  const { auth, reader, link, committees, committeeMembers, clock = systemClock } = options;
  if (!(requestTimeoutMs > 0 && requestTimeoutMs < 60_000)) {
    throw new TypeError(`requestTimeoutMs must be above 0 and below 60000, not ${requestTimeoutMs}.`);
  }
  const turnTimeoutMs = requestTimeoutMs / 2;
  const shared = { auth, reader, requestTimeoutMs, turnTimeoutMs, maxInFlight, env, events };
  const clients = new Map<ServiceName, ServiceClient>();
  const add = (service: ServiceName, baseUrl: string | URL | undefined): void => {
    if (baseUrl !== undefined) clients.set(service, new ServiceClient({ ...shared, service, baseUrl }));
  };
  add("project", options.projectServiceUrl);
  add("committee", options.committeeServiceUrl);

  const get: V2Services["get"] = async (service, path) => clientOf(clients, service).get(path);
  const lookups = new Lookups({ link, committees, committeeMembers, get, clock });
  return {
    has: (service) => clients.has(service),
    get,
    send: async (call, author) => {
      const client = clients.get(call.service);
      return client === undefined
        ? { result: "unavailable", reason: notConfigured(call.service) }
        : client.send(call, author);
    },
    longestSendMs: requestTimeoutMs + turnTimeoutMs,
    rootUid: () => lookups.rootUid(),
    slugOf: (projectUid) => lookups.slugOf(projectUid),
    uidOfSlug: (slug) => lookups.uidOfSlug(slug),
    find: (key) => lookups.find(key),
    loads: () => [...clients.values()].map((client) => client.load()),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clients.values()].map((client) => client[Symbol.asyncDispose]()));
    },
  };
}

function clientOf(clients: ReadonlyMap<ServiceName, ServiceClient>, service: ServiceName): ServiceClient {
  const client = clients.get(service);
  if (client === undefined) throw new UnavailableError(notConfigured(service));
  return client;
}

function notConfigured(service: ServiceName) {
  const message = `The address of the ${service} service is not set; set ${service.toUpperCase()}_SERVICE_URL.`;
  return { code: "service_not_configured", message } as const;
}
