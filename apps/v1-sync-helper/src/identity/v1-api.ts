// SPDX-License-Identifier: MIT
import { createHttpClient, type Environment, HttpError, type RetryPolicyOptions } from "@repo/http-retry";
import {
  clientAssertion,
  createSigner,
  createTokenSource,
  TokenEndpointError,
  type TokenRequestEvent,
  type TokenSource,
} from "@repo/jwt";
import type { Clock } from "../clock.ts";
import { isJsonObject, type JsonObject } from "../records/json.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { createTransport } from "./transport.ts";

export interface V1ApiOptions {
  /** LFX_API_GW as it was typed: the audience of tokens. Its URL may lack the slash at the end. */
  readonly apiUrl: string;
  /** AUTH0_TENANT, as `linuxfoundation-dev`. */
  readonly tenant: string;
  /** AUTH0_CLIENT_ID. */
  readonly clientId: string;
  /** AUTH0_PRIVATE_KEY: RSA, PEM. */
  readonly privateKey: string;
  /** Default `https://{tenant}.auth0.com/oauth/token`. */
  readonly tokenUrl?: URL;
  /** Proxies. */
  readonly env?: Environment;
  /** Of one attempt; milliseconds, default 5 000. */
  readonly timeoutMs?: number;
  /** Default 3 attempts within 15 s in all, which {@link lookupLockMs} exceeds. */
  readonly policy?: RetryPolicyOptions;
  readonly clock: Clock;
  readonly onTokenRequest?: ((event: TokenRequestEvent) => void) | undefined;
}

/** The API gateway of v1, read only. */
export interface V1Api extends AsyncDisposable {
  /**
   * @param path relative to the gateway, e.g. `v1/users/0034100001XyZaaAAF`, its parts encoded
   * @param label names the request in messages, without ids: `GET v1/users/{id}`
   * @returns `undefined` when v1 says that it knows nothing of that name (400, 404, 410, 422)
   * @throws {UnavailableError} `lookup_unavailable` on everything else
   */
  readonly get: (path: string, label: string) => Promise<JsonObject | undefined>;
}

/** v1's words for "no such id"; 400 and 422 are what it says to ids of a form that it does not use. */
const unknownStatuses: ReadonlySet<number> = new Set([400, 404, 410, 422]);
const policy: RetryPolicyOptions = { maxAttempts: 3, baseMs: 250, totalMs: 15_000 };
/** A look-up must be over while its lock still counts. */
export const lookupLockMs = 20_000;

export function createV1Api(options: V1ApiOptions): V1Api {
  const base = parseBase(options.apiUrl);
  const tokenUrl = options.tokenUrl ?? new URL(`https://${options.tenant}.auth0.com/oauth/token`);
  const env = options.env === undefined ? {} : { env: options.env };
  const transport = createTransport(tokenUrl, env);
  const tokens = createTokens(options, tokenUrl, transport.send);
  let current = "";
  const client = createHttpClient({
    ...env,
    origin: base.origin,
    timeoutMs: options.timeoutMs ?? 5_000,
    policy: { ...policy, ...options.policy },
    maxResponseBytes: 1_048_576,
    headers: { accept: "application/json" },
    accept: (status) => status === 200 || unknownStatuses.has(status),
    sign: async () => {
      current = await tokens.token();
      return { authorization: `Bearer ${current}` };
    },
    refresh: () => tokens.invalidate(current),
  });
  return {
    async get(path, label) {
      try {
        const response = await client.request({ method: "GET", path: `${base.pathname}${path}`, label });
        return response.status === 200 ? parseBody(response.json()) : undefined;
      } catch (error) {
        throw toUnavailable(error, label);
      }
    },
    async [Symbol.asyncDispose]() {
      tokens[Symbol.dispose]();
      await Promise.all([client[Symbol.asyncDispose](), transport[Symbol.asyncDispose]()]);
    },
  };
}

function createTokens(
  options: V1ApiOptions,
  tokenEndpoint: URL,
  transport: ReturnType<typeof createTransport>["send"],
): TokenSource {
  const { clientId, tenant, apiUrl, privateKey, clock, onTokenRequest } = options;
  const grant = clientAssertion({
    tokenEndpoint,
    clientId,
    signer: createSigner({ algorithm: "RS256", privateKey, subject: "AUTH0_PRIVATE_KEY" }),
    // Auth0's own SDK, which the original used, writes a list of one.
    assertionAudience: [`https://${tenant}.auth0.com/`],
    audience: apiUrl,
  });
  return createTokenSource({
    grant,
    transport,
    clock,
    ...(onTokenRequest === undefined ? {} : { onRequest: onTokenRequest }),
  });
}

function parseBase(apiUrl: string): URL {
  const url = new URL(apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/`);
  if (url.search !== "" || url.hash !== "")
    throw new TypeError("LFX_API_GW must be an address without a query and a fragment.");
  return url;
}

/** A page of a proxy, or half an answer: nothing is learned from it. */
class NotAnAnswer extends Error {}

function parseBody(body: unknown): JsonObject {
  if (!isJsonObject(body)) throw new NotAnAnswer("The answer is not a JSON object.");
  return body;
}

function toUnavailable(error: unknown, call: string): UnavailableError {
  const message = `v1 could not be asked: ${whyOf(error)}.`;
  const status = error instanceof HttpError ? error.status : undefined;
  const reason = { code: "lookup_unavailable", message, call } as const;
  const retryAfterMs = retryAfterOf(error);
  return new UnavailableError(status === undefined ? reason : { ...reason, status }, {
    // With an answer of v1 it would hold an excerpt, and there a person may be named.
    cause: error instanceof HttpError && error.response !== undefined ? undefined : error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Own words throughout: what services and libraries say may quote an answer. */
function whyOf(error: unknown): string {
  if (!(error instanceof HttpError)) return "the answer was not a JSON object; check LFX_API_GW";
  const { cause, status, code } = error;
  if (cause instanceof TokenEndpointError) {
    const said = [cause.status, cause.oauthError].filter((part) => part !== undefined).join(" ");
    return `its token endpoint gave no token (${cause.code}${said === "" ? "" : `, ${said}`}); check AUTH0_TENANT, AUTH0_CLIENT_ID and AUTH0_PRIVATE_KEY if it lasts`;
  }
  if (status === 401)
    return "the answer was 401 in spite of a new token; check LFX_API_GW and the client's rights";
  if (status !== undefined) return `the answer was ${status}`;
  return code === "timeout" ? "there was no answer in time" : "there was no whole answer";
}

function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof HttpError)) return undefined;
  return error.cause instanceof TokenEndpointError ? error.cause.retryAfterMs : error.retryAfterMs;
}
