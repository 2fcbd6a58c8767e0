// SPDX-License-Identifier: MIT
import { errors } from "@nats-io/transport-node";

const wordsOfCode = new Map([
  ["ECONNREFUSED", "nobody listens there"],
  ["ENOTFOUND", "its name cannot be resolved"],
  ["EAI_AGAIN", "the name server did not answer"],
  ["ECONNRESET", "the connection was reset"],
  ["ETIMEDOUT", "it did not answer in time"],
  ["EHOSTUNREACH", "there is no way to it"],
  ["ENETUNREACH", "there is no way to it"],
]);

/** The error of a try to connect, in words that fit after a colon. The client's messages hold no credentials. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return "the connection was closed at once";
  if (error instanceof errors.AuthorizationError) return "it refuses the credentials";
  if (error instanceof errors.UserAuthenticationExpiredError) return "the credentials have expired";
  if (error instanceof errors.TimeoutError) return "it did not answer in time";
  const words = wordsOfCode.get(codeOf(error) ?? codeOf(error.cause) ?? "");
  return words ?? error.message;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
