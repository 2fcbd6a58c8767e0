// SPDX-License-Identifier: Apache-2.0
import { compactVerify, decodeProtectedHeader, importJWK, type JSONWebKeySet } from "jose";
import { ApiError, type ServiceName } from "./api-error.ts";
import { isJsonObject } from "./json.ts";

/** Who a request is by. */
export interface Caller {
  readonly principal: string;
  readonly sub: string | undefined;
  readonly email: string | undefined;
}

export interface TokenCheckOptions {
  /** The key set, or where it is; a URL is read at the first request and every five minutes. */
  readonly jwks: URL | string | JSONWebKeySet;
  /** Audience by service; defaults `lfx-v2-project-service`, `lfx-v2-committee-service`. */
  readonly audience?: Partial<Readonly<Record<ServiceName, string>>>;
  readonly epochMs?: () => number;
  /** Looks at no token: every request is by this principal. */
  readonly mockPrincipal?: string;
}

type Key = Awaited<ReturnType<typeof importJWK>>;

interface Times {
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
}

interface Known {
  readonly caller: Caller;
  readonly times: Times;
}

const LEEWAY_SECONDS = 5;
const KEY_AGE_MS = 5 * 60_000;
const MAX_KNOWN = 20_000;

/** Verifies tokens as the two services do: PS256 only, `iss` heimdall, every failure a 500. */
export class TokenCheck {
  readonly #audience: Readonly<Record<ServiceName, string>>;
  readonly #epochMs: () => number;
  readonly #mock: Caller | undefined;
  #source: TokenCheckOptions["jwks"];
  #keys: Promise<ReadonlyMap<string, Key>> | undefined;
  #readAtMs = 0;
  readonly #known = { project: new Map<string, Known>(), committee: new Map<string, Known>() };

  constructor(options: TokenCheckOptions) {
    this.#source = options.jwks;
    this.#audience = {
      project: options.audience?.project ?? "lfx-v2-project-service",
      committee: options.audience?.committee ?? "lfx-v2-committee-service",
    };
    this.#epochMs = options.epochMs ?? Date.now;
    const { mockPrincipal: principal } = options;
    this.#mock = principal === undefined ? undefined : { principal, sub: undefined, email: undefined };
  }

  /** Uses another key set from now on. */
  setKeys(jwks: TokenCheckOptions["jwks"]): void {
    this.#source = jwks;
    this.#forget();
  }

  /**
   * @param authorization the header's text; all after its first space is the token, else the whole of it
   * @throws {ApiError} 500 in the framework's shape
   */
  check(service: ServiceName, authorization: string | undefined): Caller | Promise<Caller> {
    if (this.#mock !== undefined) return this.#mock;
    const text = authorization ?? "";
    const known = this.#known[service].get(text);
    if (known !== undefined && this.#epochMs() - this.#readAtMs < KEY_AGE_MS) {
      this.#checkTimes(known.times);
      return known.caller;
    }
    return this.#verify(service, text);
  }

  async #verify(service: ServiceName, text: string): Promise<Caller> {
    const space = text.indexOf(" ");
    const token = space === -1 ? text : text.slice(space + 1);
    const kid = kidOf(token);
    const payload = await this.#payloadOf(token, kid);
    const times = timesOf(payload);
    const { iss, aud, principal, sub, email } = payload;
    if (iss !== "heimdall")
      throw refused(
        "expected claims not validated: go-jose/go-jose/jwt: validation failed, invalid issuer claim (iss)",
      );
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (!audiences.includes(this.#audience[service]))
      throw refused(
        "expected claims not validated: go-jose/go-jose/jwt: validation failed, invalid audience claim (aud)",
      );
    this.#checkTimes(times);
    if (typeof principal !== "string" || principal === "")
      throw refused("custom claims not validated: principal must be provided");
    const caller = {
      principal,
      sub: typeof sub === "string" ? sub : undefined,
      email: typeof email === "string" ? email : undefined,
    };
    const known = this.#known[service];
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, { caller, times });
    return caller;
  }

  async #payloadOf(token: string, kid: string | undefined): Promise<Readonly<Record<string, unknown>>> {
    const key = kid === undefined ? undefined : (await this.#currentKeys()).get(kid);
    if (key === undefined)
      throw refused("failed to deserialize token claims: no key of the set has the token's kid");
    try {
      const { payload } = await compactVerify(token, key, { algorithms: ["PS256"] });
      const claims: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
      if (isJsonObject(claims)) return claims;
    } catch {
      // Falls through to the one answer for every such token.
    }
    throw refused("failed to deserialize token claims: go-jose/go-jose: error in cryptographic primitive");
  }

  /** Kept for five minutes; an unknown key id does not have them read again. */
  async #currentKeys(): Promise<ReadonlyMap<string, Key>> {
    const nowMs = this.#epochMs();
    if (this.#keys === undefined || nowMs - this.#readAtMs >= KEY_AGE_MS) {
      this.#forget();
      this.#readAtMs = nowMs;
      this.#keys = readKeys(this.#source);
    }
    try {
      return await this.#keys;
    } catch (error) {
      this.#forget();
      throw refused(
        `failed to deserialize token claims: ${error instanceof Error ? error.message : "no keys"}`,
      );
    }
  }

  #forget(): void {
    this.#keys = undefined;
    this.#known.project.clear();
    this.#known.committee.clear();
  }

  #checkTimes({ exp, nbf, iat }: Times): void {
    const now = this.#epochMs() / 1000;
    const invalid = "expected claims not validated: go-jose/go-jose/jwt: validation failed, ";
    if (exp !== undefined && now > exp + LEEWAY_SECONDS) throw refused(`${invalid}token is expired (exp)`);
    if (nbf !== undefined && now + LEEWAY_SECONDS < nbf) throw refused(`${invalid}token not valid yet (nbf)`);
    if (iat !== undefined && now + LEEWAY_SECONDS < iat)
      throw refused(`${invalid}token issued in the future (iat)`);
  }
}

function refused(message: string): ApiError {
  return new ApiError(500, message, "fault");
}

/** @throws {ApiError} when the header is none, or names another algorithm */
function kidOf(token: string): string | undefined {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw refused("could not parse the token: go-jose/go-jose: compact JWS format must have three parts");
  }
  if (header.alg !== "PS256") throw refused(`signing method is invalid: ${String(header.alg)}`);
  return header.kid;
}

function timesOf({ exp, nbf, iat }: Readonly<Record<string, unknown>>): Times {
  for (const time of [exp, nbf, iat])
    if (time !== undefined && typeof time !== "number")
      throw refused("failed to deserialize token claims: expected number value to unmarshal NumericDate");
  return { exp: numberOf(exp), nbf: numberOf(nbf), iat: numberOf(iat) };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

async function readKeys(source: TokenCheckOptions["jwks"]): Promise<ReadonlyMap<string, Key>> {
  const set: unknown = source instanceof URL || typeof source === "string" ? await fetchKeys(source) : source;
  const keys: unknown = isJsonObject(set) ? set["keys"] : undefined;
  if (!Array.isArray(keys)) throw new Error("the key set has no keys");
  const usable = keys.filter(
    (key): key is Record<string, string> =>
      isJsonObject(key) && key["kty"] === "RSA" && typeof key["kid"] === "string",
  );
  return new Map(
    await Promise.all(usable.map(async (key) => [key["kid"] ?? "", await importJWK(key, "PS256")] as const)),
  );
}

async function fetchKeys(url: URL | string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`the key set was answered with ${answer.status}`);
  return answer.json();
}
