// SPDX-License-Identifier: MIT
import type { Environment } from "@repo/http-retry";
import type { Logger } from "@repo/logging";
import { createIdentity, type Identity } from "../../identity/identity.ts";
import { createObjectTypes, type ObjectTypes } from "../../kinds/object-types.ts";
import type { Mappings } from "../../mappings/mappings.ts";
import { usersBucket } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { openBucket } from "../../nats/open-bucket.ts";
import type { World } from "../../objects/world.ts";
import { createV2Services, type V2Services } from "../../services/v2-services.ts";
import type { LoadedSettings } from "../../settings/settings.ts";
import type { ServiceObservers } from "../../telemetry/service-observers.ts";

export interface V2Options {
  readonly loaded: LoadedSettings;
  readonly link: NatsLink;
  readonly mappings: Mappings;
  readonly logger: Logger;
  /** Where proxies are named. */
  readonly env: Environment;
  readonly observers?: ServiceObservers;
}

/** v2's services, who calls them, and how objects of each kind are planned. */
export interface V2 extends AsyncDisposable {
  readonly identity: Identity;
  readonly services: V2Services;
  readonly world: World;
  readonly types: ObjectTypes;
}

/** Nothing is sent until something is asked for, but that the key id of our key is looked for at once. */
export function openV2({ loaded, link, mappings, logger, env, observers }: V2Options): V2 {
  const { settings, secrets } = loaded;
  const { heimdall, auth0, userCache, allowlist } = settings;
  const identity = createIdentity({
    v1: {
      apiUrl: settings.gatewayUrl,
      tenant: auth0.tenant,
      clientId: auth0.clientId,
      privateKey: secrets.auth0PrivateKey,
      tokenUrl: auth0.tokenUrl,
      ...(observers !== undefined && { onTokenRequest: observers.onTokenRequest }),
    },
    heimdall: {
      clientId: heimdall.clientId,
      privateKey: secrets.heimdallPrivateKey,
      jwksUrl: heimdall.jwksUrl,
      ...(heimdall.keyId !== undefined && { keyId: heimdall.keyId }),
    },
    bucket: openBucket(link, usersBucket, { logger }),
    users: userCache,
    organizations: userCache,
    env,
    logger,
    ...(observers !== undefined && { onLookup: observers.onLookup }),
  });
  const services = createV2Services({
    projectServiceUrl: settings.projectServiceUrl,
    committeeServiceUrl: settings.committeeServiceUrl,
    auth: identity,
    reader: identity.self,
    link,
    // The committee service's own, which are only read.
    committees: openBucket(link, "committees", { logger }),
    committeeMembers: openBucket(link, "committee-members", { logger }),
    requestTimeoutMs: settings.requestTimeoutMs,
    maxInFlight: settings.maxInFlight,
    env,
    ...(observers !== undefined && { events: observers }),
  });
  return {
    identity,
    services,
    world: createWorld(services, identity, mappings),
    types: createObjectTypes({
      allowlists: { projects: new Set(allowlist.projects), families: new Set(allowlist.families) },
    }),
    [Symbol.asyncDispose]: async () => {
      await services[Symbol.asyncDispose]();
      await identity[Symbol.asyncDispose]();
    },
  };
}

/** What plans may ask, put together from those who know. */
export function createWorld(
  services: V2Services,
  { person, organization }: Pick<World, "person" | "organization">,
  mappings: Mappings,
): World {
  return {
    hasService: services.has,
    mapping: (kind, id) => mappings.read(kind, id),
    ownerOf: mappings.ownerOf,
    get: services.get,
    find: services.find,
    uidOfSlug: services.uidOfSlug,
    rootUid: services.rootUid,
    slugOf: services.slugOf,
    person,
    organization,
  };
}
