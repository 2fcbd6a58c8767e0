// SPDX-License-Identifier: Apache-2.0
import { withDeadline } from "../abort.ts";
import { isObject } from "../checks.ts";
import type { Clock } from "../clock.ts";
import { type JwtErrorCode, TokenEndpointError, type TokenEndpointFailure } from "../errors.ts";
import {
  describeNoAnswer,
  displayUrl,
  headerOf,
  type Transport,
  type TransportResponse,
} from "../transport.ts";
import { redactedExcerpt } from "./excerpt.ts";
import type { TokenGrant } from "./grants.ts";

const MAX_RESPONSE_BYTES = 65_536;
/** RFC 6749 section 5.1 lets a server leave `expires_in` out; a short life only costs requests. */
const ASSUMED_LIFETIME_SECONDS = 60;
/** From this difference on a message blames the clock: assertions live for minutes. */
const NOTABLE_SKEW_MS = 60_000;

/** What a token endpoint gave. */
export interface AccessToken {
  readonly value: string;
  /** From the moment the request was sent: never too late, whatever the way back took. */
  readonly lifetimeMs: number;
  readonly sentAtMs: number;
  readonly clockSkewMs: number | undefined;
}

export interface RequestTokenOptions {
  readonly grant: TokenGrant;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * One token request, without retry.
 *
 * @throws {TokenEndpointError} `token_endpoint_unreachable`, `token_endpoint_busy`, `token_refused`, `token_response_invalid`
 * @throws {JwtError} `aborted`
 */
export async function requestToken(options: RequestTokenOptions): Promise<AccessToken> {
  const { grant, clock } = options;
  const form = new URLSearchParams(await grant.parameters(clock));
  const sentAtMs = clock.monotonicMs();
  const response = await post(options, form.toString());
  const clockSkewMs = skewOf(response, clock);
  const answer: Answer = { grant, response, text: response.text(), clockSkewMs };
  if (answer.text.length > MAX_RESPONSE_BYTES) {
    throw failed(answer, "token_response_invalid", `answered with more than ${MAX_RESPONSE_BYTES} bytes`);
  }
  if (response.status !== 200) throw refused(answer, clock);
  const { value, lifetimeSeconds } = parseToken(answer);
  return { value, lifetimeMs: lifetimeSeconds * 1000, sentAtMs, clockSkewMs };
}

interface Answer {
  readonly grant: TokenGrant;
  readonly response: TransportResponse;
  readonly text: string;
  readonly clockSkewMs: number | undefined;
}

async function post(options: RequestTokenOptions, body: string): Promise<TransportResponse> {
  const { grant, transport, timeoutMs, headers, signal } = options;
  const request = { parent: signal, timeoutMs, what: "an access token" };
  return withDeadline(request, (requestSignal) =>
    transport({
      method: "POST",
      url: grant.tokenEndpoint,
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        ...headers,
      },
      body,
      signal: requestSignal,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    }),
  ).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    const message = `${endpointOf(grant)} cannot be reached: ${describeNoAnswer(cause, timeoutMs)}.`;
    throw new TokenEndpointError("token_endpoint_unreachable", message, {}, { cause });
  });
}

function parseToken(answer: Answer): { readonly value: string; readonly lifetimeSeconds: number } {
  const body = parseObject(answer.text);
  const value = body?.["access_token"];
  // A token goes into a header: RFC 6750 section 2.1 allows visible ASCII only, and a line break would forge headers.
  if (typeof value !== "string" || !/^[\u0021-\u007e]+$/.test(value)) {
    throw failed(answer, "token_response_invalid", 'answered 200 without a usable "access_token"');
  }
  const expiresIn = body?.["expires_in"] ?? ASSUMED_LIFETIME_SECONDS;
  // Some servers write the number as a text.
  const lifetimeSeconds =
    typeof expiresIn === "string" && expiresIn.trim() !== "" ? Number(expiresIn) : expiresIn;
  if (typeof lifetimeSeconds !== "number" || !(lifetimeSeconds > 0 && Number.isFinite(lifetimeSeconds))) {
    throw failed(
      answer,
      "token_response_invalid",
      'answered with an "expires_in" that is not a positive number',
    );
  }
  return { value, lifetimeSeconds };
}

function refused(answer: Answer, clock: Clock): TokenEndpointError {
  const { status } = answer.response;
  if (status >= 200 && status < 300) {
    return failed(answer, "token_response_invalid", `answered ${status}, but a token comes with 200 only`);
  }
  if (status >= 300 && status < 400) {
    return failed(answer, "token_refused", `answered with a redirect (${status}), which is not followed`);
  }
  const error = parseObject(answer.text)?.["error"];
  const oauthError = typeof error === "string" && /^[\w.-]{1,64}$/.test(error) ? error : undefined;
  const reason = oauthError === undefined ? `${status}` : `${status} ${oauthError}`;
  const retryAfterMs = parseRetryAfter(headerOf(answer.response, "retry-after"), clock);
  const more = {
    ...(oauthError === undefined ? {} : { oauthError }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const isBusy = status === 408 || status === 429 || status >= 500;
  return isBusy
    ? failed(answer, "token_endpoint_busy", `cannot answer now (${reason})`, more)
    : failed(answer, "token_refused", `refused "${answer.grant.identity}" (${reason})`, more);
}

function failed(
  answer: Answer,
  code: JwtErrorCode,
  what: string,
  more: TokenEndpointFailure = {},
): TokenEndpointError {
  const { clockSkewMs } = answer;
  const { status } = answer.response;
  // A good answer's text may hold the token, so it is never quoted.
  const isGood = status >= 200 && status < 300;
  const excerpt = isGood ? "" : redactedExcerpt(answer.text.slice(0, MAX_RESPONSE_BYTES));
  const quote = excerpt === "" ? "" : ` It said: ${excerpt}`;
  const message = `${endpointOf(answer.grant)} ${what}.${quote}${skewHint(clockSkewMs)}`;
  return new TokenEndpointError(code, message, {
    status,
    ...(excerpt === "" ? {} : { excerpt }),
    ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
    ...more,
  });
}

function skewHint(clockSkewMs: number | undefined): string {
  if (clockSkewMs === undefined || Math.abs(clockSkewMs) < NOTABLE_SKEW_MS) return "";
  const direction = clockSkewMs > 0 ? "ahead of" : "behind";
  return ` This machine's clock is ${Math.round(Math.abs(clockSkewMs) / 1000)} s ${direction} the server's; correct it, since assertions are valid for minutes only.`;
}

function endpointOf({ tokenEndpoint }: TokenGrant): string {
  return `The token endpoint ${displayUrl(tokenEndpoint)}`;
}

function skewOf(response: TransportResponse, clock: Clock): number | undefined {
  const serverMs = Date.parse(headerOf(response, "date") ?? "");
  return Number.isNaN(serverMs) ? undefined : clock.epochMs() - serverMs;
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function parseRetryAfter(value: string | undefined, clock: Clock): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - clock.epochMs());
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
