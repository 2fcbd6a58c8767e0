// SPDX-License-Identifier: Apache-2.0
import type { HttpResponse } from "@repo/http-retry";
import type { FailureClass } from "../outcome/exit-codes.ts";
import type { Side } from "../side.ts";
import { clockAheadMs, describeSkew } from "./clock-skew.ts";
import type { Finding } from "./preflight-error.ts";
import { describeBody, parseError, type S3ErrorAnswer } from "./s3-answer.ts";
import { signingRegion, variable } from "./side-words.ts";

/** What the failed request wanted; named in the advice on permissions. */
export type Wish = "s3:ListBucket" | "s3:PutObject" | "s3:CreateBucket";

export interface Refusal {
  readonly side: Side;
  readonly response: HttpResponse;
  readonly wish: Wish;
  /** From another answer of the same side, where this one does not say. */
  readonly region?: string;
}

/** What it means that a side answered, and not with what was asked for. */
export function findS3Fault(refusal: Refusal): Finding {
  const { response, side } = refusal;
  const answer = parseError(response);
  if (answer.code === "") return withoutCode(refusal);
  if (answer.code === "NoSuchBucket") return notFound(side);
  const region = answer.region || (refusal.region ?? "");
  const [failureClass, what, advice] = byCode(refusal, { ...answer, region }) ?? byStatus(side, answer);
  return { failureClass, code: answer.code, text: `${what} (${answer.code}): ${advice}` };
}

type Judgement = readonly [failureClass: FailureClass, what: string, advice: string];

function byCode({ side, response, wish }: Refusal, answer: S3ErrorAnswer): Judgement | undefined {
  const { role } = side;
  switch (answer.code) {
    case "InvalidAccessKeyId":
      return [
        "auth",
        "does not know the access key",
        `check ${variable(role, "ACCESS_KEY")} and that it belongs to this endpoint`,
      ];
    case "SignatureDoesNotMatch":
      return [
        "auth",
        "refuses the signature",
        `check that ${variable(role, "SECRET_KEY")} belongs to ${variable(role, "ACCESS_KEY")}`,
      ];
    case "AccessDenied":
    case "AllAccessDisabled":
    case "Forbidden":
    case "UnauthorizedAccess":
      return [
        "auth",
        "denies access",
        `grant ${variable(role, "ACCESS_KEY")} ${wish} there${prefixHint(side)}`,
      ];
    case "ExpiredToken":
    case "TokenRefreshRequired":
      return [
        "auth",
        "says that the session token has expired",
        `give a fresh ${variable(role, "SESSION_TOKEN")} with its keys`,
      ];
    case "InvalidToken":
    case "InvalidClientTokenId":
      return [
        "auth",
        "refuses the session token",
        `check ${variable(role, "SESSION_TOKEN")}; keys that last need none`,
      ];
    case "RequestTimeTooSkewed":
    case "RequestExpired":
      return ["auth", skewText(response), "set the clock of this machine by NTP"];
    case "AuthorizationHeaderMalformed":
    case "AuthorizationQueryParametersError":
    case "IllegalLocationConstraintException":
    case "InvalidRegion":
      return ["config", regionText(side, answer), regionAdvice(side, answer)];
    case "PermanentRedirect":
    case "TemporaryRedirect":
      return ["config", "is served from elsewhere", redirectAdvice(side, answer)];
    case "InvalidBucketName":
      return ["config", "has a name that the endpoint does not allow", `check ${variable(role, "BUCKET")}`];
    case "SlowDown":
    case "ServiceUnavailable":
    case "Throttling":
    case "TooManyRequests":
    case "InternalError":
    case "RequestTimeout":
      return ["temporary", "is not able to answer now", "run again later"];
    default:
      return undefined;
  }
}

function byStatus({ role }: Side, { status }: S3ErrorAnswer): Judgement {
  const refused = `refuses the request with status ${status}`;
  if (status === 401 || status === 403)
    return ["auth", refused, `check ${variable(role, "ACCESS_KEY")} and its rights`];
  if (status === 404)
    return ["not_found", refused, `check ${variable(role, "BUCKET")} and ${variable(role, "S3_ENDPOINT")}`];
  if (status === 429 || (status >= 500 && status !== 501))
    return ["temporary", `fails with status ${status}`, "run again later"];
  return [
    "config",
    refused,
    `check ${variable(role, "S3_ENDPOINT")}, ${variable(role, "REGION")} and ${variable(role, "PATH_STYLE")}`,
  ];
}

/** An answer that no S3 server gives: a proxy, a login page, a web server, a load balancer without backends. */
function withoutCode({ side, response }: Refusal): Finding {
  const { status } = response;
  const endpoint = variable(side.role, "S3_ENDPOINT");
  const body = describeBody(response);
  const finding = (failureClass: FailureClass, text: string): Finding => ({ failureClass, text });
  if (status === 429 || (status >= 500 && status !== 501)) {
    return finding(
      "temporary",
      `fails with status ${status} and ${body}: check the server and what stands before it, then run again`,
    );
  }
  if (status === 407)
    return finding(
      "config",
      "is behind a proxy that wants a login (status 407): check HTTPS_PROXY and NO_PROXY",
    );
  if (status >= 300 && status < 400) {
    return finding(
      "config",
      `redirects to ${redirectHost(response)} (status ${status}), which is not followed: set ${endpoint} to the S3 server itself`,
    );
  }
  if (
    status === 400 &&
    side.endpoint.protocol === "http:" &&
    /https|ssl|tls/i.test(response.text().slice(0, 4096))
  ) {
    return finding("config", `wants HTTPS (status 400): begin ${endpoint} with https://`);
  }
  const text = `answers ${body} (status ${status}) in place of an S3 listing, as a web page or a proxy's login does: check ${endpoint}`;
  return finding(status === 401 || status === 403 ? "auth" : "config", text);
}

function redirectHost({ headers }: HttpResponse): string {
  const location = typeof headers["location"] === "string" ? headers["location"] : "";
  // Only the host: path and query of a login page's address may carry tokens.
  return URL.parse(location)?.host ?? "another address";
}

function skewText(response: HttpResponse): string {
  const aheadMs = clockAheadMs(response);
  return aheadMs === undefined
    ? "refuses the time of the request"
    : `refuses the time of the request, this machine's clock is ${describeSkew(aheadMs)} its own`;
}

function regionText(side: Side, { region }: S3ErrorAnswer): string {
  const signed = signingRegion(side);
  return region === "" || region === signed
    ? `refuses signatures for region "${signed}"`
    : `expects signatures for region "${region}", not "${signed}"`;
}

function regionAdvice(side: Side, { region }: S3ErrorAnswer): string {
  const name = variable(side.role, "REGION");
  return region === "" || region === signingRegion(side)
    ? `set ${name} to the bucket's region`
    : `set ${name}=${region}`;
}

function redirectAdvice(side: Side, answer: S3ErrorAnswer): string {
  const host = answer.endpoint.replace(new RegExp(`^${RegExp.escape(side.bucket)}\\.`), "");
  const changes = [
    ...(host === "" ? [] : [`${variable(side.role, "S3_ENDPOINT")}=${side.endpoint.protocol}//${host}`]),
    ...(answer.region === "" || answer.region === signingRegion(side)
      ? []
      : [`${variable(side.role, "REGION")}=${answer.region}`]),
  ];
  return changes.length > 0
    ? `set ${changes.join(" and ")}`
    : `set ${variable(side.role, "REGION")} to the bucket's region`;
}

/** The bucket of a side is not there. */
export function notFound({ role }: Side): Finding {
  const check = `check ${variable(role, "BUCKET")} and ${variable(role, "S3_ENDPOINT")}`;
  const creation = role === "source" ? "" : ", or set CREATE_DEST_BUCKET=true to have it made";
  return {
    failureClass: "not_found",
    code: "NoSuchBucket",
    text: `does not exist (NoSuchBucket): ${check}${creation}`,
  };
}

function prefixHint({ prefix }: Side): string {
  return prefix === "" ? "" : ` under "${prefix}"`;
}
