// SPDX-License-Identifier: Apache-2.0
import { cors as connectCors } from "@connectrpc/connect";
import type { Exchange } from "../listener/exchange.ts";

/** How long browsers may remember a preflight's answer; two hours is the most that any does. */
const maxAgeSeconds = 7200;

const preflightHeaders = {
  "access-control-allow-methods": connectCors.allowedMethods.join(", "),
  "access-control-allow-headers": [...connectCors.allowedHeaders, "Authorization"].join(", "),
  "access-control-max-age": String(maxAgeSeconds),
};

const exposedHeaders = connectCors.exposedHeaders.join(", ");

/** @returns true if the request was a preflight, which is answered */
export type Cors = (exchange: Exchange) => boolean;

/** Lets scripts of `origins` call; "*" is every origin. Callers authenticate by header, so credentials of browsers are not allowed. */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, "")));
  return (exchange) => {
    const origin = exchange.headers.origin;
    if (origin === undefined || allowed.size === 0) return false;
    const isPreflight =
      exchange.method === "OPTIONS" && exchange.headers["access-control-request-method"] !== undefined;
    const headers: Record<string, string> = { vary: "Origin" };
    if (allowed.has("*") || allowed.has(origin.toLowerCase())) {
      headers["access-control-allow-origin"] = origin;
      Object.assign(
        headers,
        isPreflight ? preflightHeaders : { "access-control-expose-headers": exposedHeaders },
      );
    }
    exchange.addHeaders(headers);
    if (isPreflight) exchange.answer(204, {});
    return isPreflight;
  };
}
