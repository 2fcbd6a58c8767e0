// SPDX-License-Identifier: MIT
import type { NatsConnection } from "@nats-io/transport-node";
import { type LfxV1, type LfxV1Options, type RsaKeys, rsaKeys, startLfxV1 } from "@repo/testkit/lfx-v1";
import { type LfxV2, type LfxV2Options, startLfxV2 } from "@repo/testkit/lfx-v2";

export interface StandInsOptions {
  /** The NATS of v2's services: a connection, which stays open, or a URL. */
  readonly nats: NatsConnection | string;
  /** AUTH0_CLIENT_ID: the program's own client; default `client1`. */
  readonly clientId?: string;
  readonly v1?: Pick<LfxV1Options, "latencyMs">;
  readonly v2?: Omit<LfxV2Options, "jwks" | "nats">;
}

/** Strict stand-ins of all that the program talks to beside its own NATS, which know its keys. */
export interface StandIns extends AsyncDisposable {
  readonly v1: LfxV1;
  readonly v2: LfxV2;
  readonly heimdall: RsaKeys;
  readonly auth0: RsaKeys;
  /** The variables that lead a program on this machine to them; there is no NATS, no port and no size among them. */
  readonly env: Readonly<Record<string, string>>;
}

const tenant = "testing";

export async function startStandIns({
  nats,
  clientId = "client1",
  ...more
}: StandInsOptions): Promise<StandIns> {
  await using stack = new AsyncDisposableStack();
  const [heimdall, auth0] = await Promise.all([rsaKeys("heimdall"), rsaKeys("auth0")]);
  const v1 = stack.use(
    await startLfxV1({
      ...more.v1,
      clientId,
      clientPublicKey: auth0.publicKey,
      assertionAudience: `https://${tenant}.auth0.com/`,
      keys: [{ keyId: "signer-1", publicKey: heimdall.publicKey }],
    }),
  );
  const v2 = stack.use(await startLfxV2({ ...more.v2, jwks: v1.jwksUrl, nats }));
  const owned = stack.move();
  return {
    v1,
    v2,
    heimdall,
    auth0,
    env: {
      PROJECT_SERVICE_URL: v2.projectUrl,
      COMMITTEE_SERVICE_URL: v2.committeeUrl,
      HEIMDALL_PRIVATE_KEY: heimdall.privateKey,
      HEIMDALL_JWKS_URL: v1.jwksUrl,
      AUTH0_TENANT: tenant,
      AUTH0_CLIENT_ID: clientId,
      AUTH0_PRIVATE_KEY: auth0.privateKey,
      AUTH0_TOKEN_URL: v1.tokenUrl,
      LFX_API_GW: v1.apiUrl,
      BIND: "127.0.0.1",
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** How large the program makes the buckets that are missing. */
export function bucketSizes(bytes: number): Readonly<Record<string, string>> {
  return {
    V1_OBJECTS_MAX_BYTES: String(bytes),
    V1_MAPPINGS_MAX_BYTES: String(bytes),
    V1_SYNC_STATE_MAX_BYTES: String(bytes),
    V1_SYNC_USERS_MAX_BYTES: String(bytes),
  };
}
