// SPDX-License-Identifier: MIT
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { type RsaKeys, rsaKeys } from "@repo/testkit/lfx-v1";
import { type NatsServer, startNats } from "@repo/testkit/nats";
import { bucketSizes } from "../../test/support/stand-ins.ts";
import { putAll } from "./put-all.ts";
import { type Entry, people } from "./records.ts";
import { type StandIns, startStandIns } from "./start-stand-ins.ts";

const bucketBytes = 2 ** 30;

/** A real NATS server with empty buckets, and stand-ins of all else that the program talks to. */
export interface Platform extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly connection: NatsConnection;
  readonly standIns: StandIns;
  /** Heimdall's. */
  readonly signingKeys: RsaKeys;
  /** Complete but for the port. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts records of v1 where the program finds them. */
  readonly put: (entries: Iterable<Entry>) => Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  await using stack = new AsyncDisposableStack();
  const [heimdall, auth0] = await Promise.all([rsaKeys("heimdall"), rsaKeys("auth0")]);
  const nats = stack.use(await startNats());
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const standIns = stack.use(
    await startStandIns({
      natsUrl: nats.url,
      heimdallPublicKey: heimdall.publicKey,
      auth0PublicKey: auth0.publicKey,
      people,
    }),
  );
  const kvm = new Kvm(connection);
  await kvm.create("v1-objects", { history: 20, max_bytes: bucketBytes });
  const { addresses } = standIns;
  const owned = stack.move();
  return {
    nats,
    connection,
    standIns,
    signingKeys: heimdall,
    env: {
      NATS_URL: nats.url,
      PROJECT_SERVICE_URL: addresses.projectUrl,
      COMMITTEE_SERVICE_URL: addresses.committeeUrl,
      HEIMDALL_PRIVATE_KEY: heimdall.privateKey,
      HEIMDALL_JWKS_URL: addresses.jwksUrl,
      AUTH0_TENANT: "testing",
      AUTH0_CLIENT_ID: "bench",
      AUTH0_PRIVATE_KEY: auth0.privateKey,
      AUTH0_TOKEN_URL: addresses.tokenUrl,
      LFX_API_GW: addresses.apiUrl,
      BIND: "127.0.0.1",
      ...bucketSizes(bucketBytes),
      V1_SYNC_USERS_MAX_BYTES: String(bucketBytes / 16),
    },
    put: (entries) => putAll(connection, "v1-objects", entries),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
