// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { Kvm } from "@nats-io/kv";
import { type CapturedLogs, captureLogs } from "@repo/logging/testing";
import { type LfxV1, rsaKeys, startLfxV1 } from "@repo/testkit/lfx-v1";
import type { NatsServer } from "@repo/testkit/nats";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { createIdentity, type Identity, type IdentityOptions } from "../../../src/identity/identity.ts";
import type { LookupEvent } from "../../../src/identity/lookup/cached-lookup.ts";
import type { Bucket } from "../../../src/nats/bucket.ts";
import { connectNats } from "../../../src/nats/connect-nats.ts";
import { openBucket } from "../../../src/nats/open-bucket.ts";

export interface RigOptions {
  /** Default: the system's. Of the instances and of v1's platform. */
  readonly clock?: Clock;
  /** HEIMDALL_KEY_ID; default `key-1`; `null`: looked for in the key set. */
  readonly keyId?: string | null;
}

export interface InstanceOptions {
  readonly apiUrl?: string;
  readonly bucket?: Bucket;
  readonly timeoutMs?: number;
  /** Without AUTH0_TOKEN_URL, and with this proxy for whatever is not on this machine. */
  readonly proxy?: string;
}

export interface Instance extends Identity {
  readonly lookups: readonly LookupEvent[];
}

/** v1's platform, a bucket of its own in NATS, and as many instances of the identity as a test wants. */
export interface Rig extends AsyncDisposable {
  readonly v1: LfxV1;
  /** As an instance sees it. */
  readonly bucket: Bucket;
  readonly logs: CapturedLogs;
  readonly instance: (options?: InstanceOptions) => Instance;
  /** The JSON of an entry; `undefined`: there is none. */
  readonly entry: (key: string) => Promise<unknown>;
}

export const tenant = "linuxfoundation-test";
export const auth0ClientId = "auth0-client";
export const heimdallClientId = "v1_sync_helper";

export async function startRig(
  nats: Pick<NatsServer, "url" | "connect">,
  options: RigOptions = {},
): Promise<Rig> {
  const { clock = systemClock, keyId = "key-1" } = options;
  await using stack = new AsyncDisposableStack();
  const [auth0Keys, heimdallKeys] = await Promise.all([rsaKeys("auth0"), rsaKeys("heimdall")]);
  const v1 = stack.use(
    await startLfxV1({
      clientId: auth0ClientId,
      clientPublicKey: auth0Keys.publicKey,
      assertionAudience: `https://${tenant}.auth0.com/`,
      epochMs: clock.epochMs,
    }),
  );
  const name = `users-${randomUUID()}`;
  await createBucket(nats, name);
  // Longer than any test: nothing here waits for it but what is about NATS being away.
  const link = stack.use(
    await connectNats({ url: nats.url, name: "identity-test", requestTimeoutMs: 2_000 }),
  );
  const bucket = openBucket(link, name);
  const logs = captureLogs();
  const common = {
    heimdall: {
      clientId: heimdallClientId,
      privateKey: heimdallKeys.privateKey,
      jwksUrl: new URL(v1.jwksUrl),
      ...(keyId === null ? {} : { keyId }),
    },
    logger: logs.logger,
    clock,
  } satisfies Partial<IdentityOptions>;
  const owned = stack.move();

  return {
    v1,
    bucket,
    logs,
    instance(given = {}) {
      const lookups: LookupEvent[] = [];
      const identity = owned.use(
        createIdentity({
          ...common,
          v1: {
            apiUrl: given.apiUrl ?? v1.apiUrl,
            tenant,
            clientId: auth0ClientId,
            privateKey: auth0Keys.privateKey,
            ...(given.proxy === undefined ? { tokenUrl: new URL(v1.tokenUrl) } : {}),
            policy: { baseMs: 1, throttledBaseMs: 1 },
            ...(given.timeoutMs === undefined ? {} : { timeoutMs: given.timeoutMs }),
          },
          bucket: given.bucket ?? bucket,
          ...(given.proxy === undefined ? {} : { env: { HTTPS_PROXY: given.proxy } }),
          onLookup: (event) => lookups.push(event),
        }),
      );
      return Object.assign(identity, { lookups });
    },
    async entry(key) {
      const entry = await bucket.get(key);
      return entry === undefined ? undefined : JSON.parse(Buffer.from(entry.value).toString("utf8"));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function createBucket(nats: Pick<NatsServer, "connect">, name: string): Promise<void> {
  const connection = await nats.connect();
  try {
    await new Kvm(connection).create(name, { history: 1, max_bytes: 4_194_304 });
  } finally {
    await connection.close();
  }
}
