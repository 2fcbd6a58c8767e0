// SPDX-License-Identifier: MIT
import type { HttpResponse } from "@repo/http-retry";
import { isJsonObject, type JsonObject } from "../records/json.ts";
import { publicText } from "./public-text.ts";

/**
 * What a service says of a failure. Its framework: `{"name":"fault","id":"…","message":"…","fault":true,…}`; the project
 * service: `{"code":"409","message":"…"}`; the committee service: `{"message":"…"}`.
 */
export interface ErrorBody {
  /** As it came: for deciding, not for people. */
  readonly message: string;
  /** The framework's own: a token was not accepted, or there is no such route. */
  readonly isFault: boolean;
}

/** @returns `undefined` for what none of the services says: another server's page, nothing at all */
export function errorBodyOf(response: HttpResponse): ErrorBody | undefined {
  const body = jsonObjectOf(response);
  if (typeof body?.message !== "string") return undefined;
  return { message: body.message, isFault: body.fault === true || body.name === "fault" };
}

export function jsonObjectOf(response: HttpResponse): JsonObject | undefined {
  try {
    const body = response.json();
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** How the messages of a refused token begin, in that order of checks. */
const tokenMessage =
  /^(?:could not parse the token|signing method is invalid|failed to deserialize token claims|expected claims not validated|custom claims not validated)/i;

/** 401, or the services' own way of saying it: 500 and a message about the token. */
export function isTokenRefusal(response: HttpResponse): boolean {
  if (response.status === 401) return true;
  if (response.status !== 500) return false;
  const body = errorBodyOf(response);
  return body?.isFault === true && tokenMessage.test(body.message);
}

/**
 * Whether a 404 is the service's word on an object. That of an unknown route, or of another server under this address,
 * says nothing about any object: taken for one, it would have every object look deleted.
 */
export function isNotFound(response: HttpResponse): boolean {
  if (response.status !== 404) return false;
  const isFault = errorBodyOf(response)?.isFault === true;
  return !isFault && (response.body.length === 0 || jsonObjectOf(response) !== undefined);
}

/** `was answered 409: project slug already exists`, for people. */
export function describeAnswer(response: HttpResponse): string {
  const body = errorBodyOf(response);
  const text = publicText(body?.message ?? pageText(response));
  return `was answered ${response.status}${text === "" ? " without a word" : `: ${text}`}`;
}

/** Something of another server's page; not of a body that is not text. */
function pageText(response: HttpResponse): string {
  const text = response.text().slice(0, 8000);
  return /[\0\uFFFD]/.test(text) ? "" : text.replaceAll(/<[^>]*>/g, " ");
}
