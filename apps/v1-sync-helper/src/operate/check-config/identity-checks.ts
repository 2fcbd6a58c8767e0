// SPDX-License-Identifier: MIT
import type { Environment } from "@repo/http-retry";
import { clientAssertion, createSigner, createTokenSource, findKeyId } from "@repo/jwt";
import { systemClock } from "../../clock.ts";
import { createTransport } from "../../identity/transport.ts";
import { createV1Api } from "../../identity/v1-api.ts";
import type { LoadedSettings } from "../../settings/settings.ts";
import { CheckWarning } from "./check.ts";

const timeoutMs = 10_000;

/** The key id under which Heimdall publishes our key. */
export async function checkKeySet({ settings, secrets }: LoadedSettings, env: Environment): Promise<string> {
  const { jwksUrl, keyId } = settings.heimdall;
  await using transport = createTransport(jwksUrl, { env });
  const signer = createSigner({ algorithm: "PS256", privateKey: secrets.heimdallPrivateKey });
  const signal = AbortSignal.timeout(timeoutMs);
  const found = await findKeyId({ signer, jwksUrl, transport: transport.send, signal });
  if (keyId === undefined) return `${jwksUrl.href} has our key as ${found}`;
  if (keyId === found) return `${jwksUrl.href} has our key as ${found}, as HEIMDALL_KEY_ID says`;
  throw new CheckWarning(
    `HEIMDALL_KEY_ID is another one than ${found}, under which ${jwksUrl.href} has our key: leave it out`,
  );
}

/** A token of v1's gateway. */
export async function checkV1Token({ settings, secrets }: LoadedSettings, env: Environment): Promise<string> {
  const { tokenUrl, tenant, clientId } = settings.auth0;
  await using transport = createTransport(tokenUrl, { env });
  using tokens = createTokenSource({
    grant: clientAssertion({
      tokenEndpoint: tokenUrl,
      clientId,
      assertionAudience: `https://${tenant}.auth0.com/`,
      audience: settings.gatewayUrl,
      signer: createSigner({ algorithm: "RS256", privateKey: secrets.auth0PrivateKey }),
    }),
    transport: transport.send,
  });
  await tokens.token({ signal: AbortSignal.timeout(timeoutMs) });
  return `${tokenUrl.origin} gives a token for ${settings.gatewayUrl}`;
}

/** v1's user service, by asking for a user that is certainly not there. */
export async function checkV1Gateway(
  { settings, secrets }: LoadedSettings,
  env: Environment,
): Promise<string> {
  await using api = createV1Api({
    apiUrl: settings.gatewayUrl,
    tenant: settings.auth0.tenant,
    clientId: settings.auth0.clientId,
    privateKey: secrets.auth0PrivateKey,
    tokenUrl: settings.auth0.tokenUrl,
    env,
    clock: systemClock,
  });
  await api.get("v1/users/00300000000000check", "GET v1/users/{id}");
  return `${settings.gatewayUrl} answers and takes the token`;
}
