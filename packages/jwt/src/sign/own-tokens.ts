// SPDX-License-Identifier: Apache-2.0
import { BoundedMap } from "../bounded-map.ts";
import { isObject, numberOption } from "../checks.ts";
import { type Clock, epochSeconds, systemClock } from "../clock.ts";
import { DEFAULT_LIFETIME_SECONDS, LIFETIME_SECONDS, type Signer, signJwt } from "./signer.ts";

export interface OwnTokensOptions {
  readonly signer: Signer;
  /** Claim `iss`. */
  readonly issuer: string;
  /** Seconds from `iat` to `exp`; default 300. */
  readonly lifetimeSeconds?: number;
  /** The share of its life after which a token is signed anew; default 0.8, 0 to 1. */
  readonly renewAfterShare?: number;
  /** Seconds by which `nbf` lies before `iat`, for servers whose clock is behind; by default there is no `nbf`. */
  readonly notBeforeSkewSeconds?: number;
  /** Tokens kept at once; default 10 000, at least 1. The one used longest ago goes first. */
  readonly maxEntries?: number;
  readonly clock?: Clock;
}

/** Whom a token speaks for, and to whom. */
export interface TokenIdentity {
  readonly audience: string | readonly string[];
  readonly subject: string;
  /**
   * Further claims, such as `principal` and `email`; they are part of the identity. JSON values only, and none of the
   * registered claims, which are set here.
   */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Tokens that we sign ourselves, kept per identity and audience. */
export interface OwnTokens {
  /** A token for the identity: a kept one while enough of its life is left, else a new one. */
  tokenFor(identity: TokenIdentity): Promise<string>;
  /** The kept token that {@link tokenFor} would give, if it is signed already; for those who ask very often. */
  kept(identity: TokenIdentity): string | undefined;
  /** Forgets the identity's token, because a server refused it. */
  invalidate(identity: TokenIdentity): void;
  /** Signs with another key or key id from now on; tokens of the former one are not handed out again. */
  replaceSigner(signer: Signer): void;
  readonly size: number;
}

const RESERVED = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

interface Entry {
  readonly token: Promise<string>;
  /** Once it is signed. */
  text?: string;
  readonly issuedAtMs: number;
  readonly renewAtMs: number;
}

/**
 * A bounded cache of self-signed tokens. Callers that ask for the same identity at once share one signature.
 *
 * @throws {TypeError} when an option is out of its range
 */
export function createOwnTokens(options: OwnTokensOptions): OwnTokens {
  const { issuer, clock = systemClock, notBeforeSkewSeconds } = options;
  const lifetimeSeconds = numberOption(
    "lifetimeSeconds",
    options.lifetimeSeconds,
    DEFAULT_LIFETIME_SECONDS,
    LIFETIME_SECONDS,
  );
  const renewAfterShare = numberOption("renewAfterShare", options.renewAfterShare, 0.8, { min: 0, max: 1 });
  const entries = new BoundedMap<string, Entry>(
    numberOption("maxEntries", options.maxEntries, 10_000, { min: 1, max: 10_000_000 }),
  );
  let signer = options.signer;

  function sign({ audience, subject, claims }: TokenIdentity): Entry {
    const reserved = RESERVED.find((name) => claims !== undefined && Object.hasOwn(claims, name));
    if (reserved !== undefined)
      throw new TypeError(`The claim "${reserved}" cannot be given by an identity.`);
    const issuedAt = epochSeconds(clock);
    const token = signJwt(
      signer,
      {
        ...claims,
        iss: issuer,
        sub: subject,
        aud: audience,
        iat: issuedAt,
        nbf: notBeforeSkewSeconds === undefined ? undefined : issuedAt - notBeforeSkewSeconds,
      },
      { lifetimeSeconds, clock },
    );
    const issuedAtMs = issuedAt * 1000;
    return { token, issuedAtMs, renewAtMs: issuedAtMs + lifetimeSeconds * 1000 * renewAfterShare };
  }

  function usable(key: string): Entry | undefined {
    const known = entries.get(key);
    const nowMs = clock.epochMs();
    // A clock that was set back would let a token "from the future" through, which servers refuse.
    const isUsable = known !== undefined && nowMs >= known.issuedAtMs && nowMs < known.renewAtMs;
    return isUsable ? known : undefined;
  }

  return {
    async tokenFor(identity) {
      const key = identityKey(identity);
      const known = usable(key);
      if (known !== undefined) return known.token;
      const entry = sign(identity);
      entries.set(key, entry);
      entry.token.then(
        (text) => {
          entry.text = text;
        },
        () => {
          if (entries.get(key) === entry) entries.delete(key);
        },
      );
      return entry.token;
    },
    kept: (identity) => usable(identityKey(identity))?.text,
    invalidate: (identity) => entries.delete(identityKey(identity)),
    replaceSigner(next) {
      signer = next;
      entries.clear();
    },
    get size() {
      return entries.size;
    },
  };
}

function identityKey({ audience, subject, claims }: TokenIdentity): string {
  return JSON.stringify([audience, subject, claims === undefined ? undefined : sortKeys(claims)]);
}

/** The same claims in another order are the same identity. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sortKeys(member)]);
}
