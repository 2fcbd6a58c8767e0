// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./errors.ts";
import { header, type S3Request } from "./request.ts";

const MAX_SKEW_MS = 15 * 60 * 1000;
const ALGORITHM = "AWS4-HMAC-SHA256";

/** Who may ask. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Answers ExpiredToken to a signature that is right. */
  readonly isExpired?: boolean;
}

export interface SignaturePolicy {
  readonly credentials: readonly Credentials[];
  /** The only region whose signatures are taken. */
  readonly region: string;
  /** The server's clock, milliseconds since the epoch. */
  readonly now: () => number;
}

interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly timestamp: string;
  readonly payloadHash: string;
  readonly expiresSeconds?: number;
  readonly token: string;
}

/** Checks Signature Version 4 as the service does; keeps signing keys, which last a day. */
export class SignatureVerifier {
  readonly #policy: SignaturePolicy;
  readonly #signingKeys = new Map<string, Buffer>();

  constructor(policy: SignaturePolicy) {
    this.#policy = policy;
  }

  /**
   * @returns the access key id whose secret made the signature
   * @throws {S3Error} AccessDenied without a signature, then in the service's order InvalidAccessKeyId,
   *   AuthorizationHeaderMalformed (wrong region), RequestTimeTooSkewed, SignatureDoesNotMatch, InvalidToken, ExpiredToken
   */
  verify(request: S3Request): string {
    const claim = request.query.has("X-Amz-Signature") ? queryClaim(request) : headerClaim(request);
    const credentials = this.#policy.credentials.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
    if (credentials === undefined) {
      throw new S3Error("InvalidAccessKeyId", { elements: { AWSAccessKeyId: claim.accessKeyId } });
    }
    this.#checkScope(claim);
    this.#checkTime(claim);
    const expected = this.#sign(request, claim, credentials.secretAccessKey);
    const given = Buffer.from(claim.signature, "hex");
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new S3Error("SignatureDoesNotMatch");
    if ((credentials.sessionToken ?? "") !== claim.token) throw new S3Error("InvalidToken");
    if (credentials.isExpired === true) throw new S3Error("ExpiredToken");
    return claim.accessKeyId;
  }

  #checkScope({ region, service }: Claim): void {
    if (service !== "s3")
      throw new S3Error("AuthorizationHeaderMalformed", { message: "the service must be 's3'" });
    const expected = this.#policy.region;
    if (region === expected) return;
    const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${expected}'`;
    throw new S3Error("AuthorizationHeaderMalformed", { message, elements: { Region: expected } });
  }

  #checkTime({ timestamp, date, expiresSeconds }: Claim): void {
    const at = parseTimestamp(timestamp);
    if (at === undefined || !timestamp.startsWith(date))
      throw new S3Error("AccessDenied", { message: "X-Amz-Date is wrong" });
    const ageMs = this.#policy.now() - at;
    if (expiresSeconds !== undefined && ageMs > expiresSeconds * 1000) {
      throw new S3Error("AccessDenied", { message: "Request has expired" });
    }
    if (Math.abs(ageMs) > MAX_SKEW_MS && expiresSeconds === undefined) {
      const serverTime = new Date(this.#policy.now()).toISOString();
      throw new S3Error("RequestTimeTooSkewed", {
        elements: { RequestTime: timestamp, ServerTime: serverTime },
      });
    }
  }

  #sign(request: S3Request, claim: Claim, secret: string): Buffer {
    const scope = `${claim.date}/${claim.region}/s3/aws4_request`;
    const canonical = canonicalRequest(request, claim);
    const hash = createHash("sha256").update(canonical, "latin1").digest("hex");
    const key = this.#signingKey(claim, secret);
    return createHmac("sha256", key).update(`${ALGORITHM}\n${claim.timestamp}\n${scope}\n${hash}`).digest();
  }

  #signingKey({ accessKeyId, date, region }: Claim, secret: string): Buffer {
    const name = `${accessKeyId}/${date}/${region}`;
    const kept = this.#signingKeys.get(name);
    if (kept !== undefined) return kept;
    let key: Buffer = Buffer.from(`AWS4${secret}`);
    for (const part of [date, region, "s3", "aws4_request"])
      key = createHmac("sha256", key).update(part).digest();
    this.#signingKeys.set(name, key);
    return key;
  }
}

function headerClaim(request: S3Request): Claim {
  const authorization = header(request, "authorization");
  if (authorization === "") throw new S3Error("AccessDenied");
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, credential = "", signedHeaders = "", signature = ""] = pattern.exec(authorization) ?? [];
  if (signature === "") throw new S3Error("AuthorizationHeaderMalformed");
  const timestamp = header(request, "x-amz-date") || toTimestamp(header(request, "date"));
  const payloadHash = header(request, "x-amz-content-sha256");
  if (payloadHash === "")
    throw new S3Error("InvalidRequest", { message: "Missing required header: x-amz-content-sha256" });
  return {
    ...parseCredential(credential),
    signedHeaders: signedHeaders.split(";"),
    signature,
    timestamp,
    payloadHash,
    token: header(request, "x-amz-security-token"),
  };
}

function queryClaim({ query }: S3Request): Claim {
  return {
    ...parseCredential(query.get("X-Amz-Credential") ?? ""),
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    timestamp: query.get("X-Amz-Date") ?? "",
    payloadHash: query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expiresSeconds: Number(query.get("X-Amz-Expires") ?? "0"),
    token: query.get("X-Amz-Security-Token") ?? "",
  };
}

function parseCredential(credential: string): Pick<Claim, "accessKeyId" | "date" | "region" | "service"> {
  const parts = credential.split("/");
  const [date = "", region = "", service = "", terminator = ""] = parts.slice(-4);
  if (parts.length < 5 || terminator !== "aws4_request") throw new S3Error("AuthorizationHeaderMalformed");
  // An access key id may itself hold slashes.
  return { accessKeyId: parts.slice(0, -4).join("/"), date, region, service };
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const query = [...request.query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${header(request, name).trim().replaceAll(/ +/g, " ")}\n`,
  );
  const path = decodeURIComponent(request.rawPath).split("/").map(encode).join("/");
  return [
    request.method,
    path,
    query,
    headers.join(""),
    claim.signedHeaders.join(";"),
    claim.payloadHash,
  ].join("\n");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseTimestamp(timestamp: string): number | undefined {
  const iso = timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const at = Date.parse(iso);
  return iso === timestamp || Number.isNaN(at) ? undefined : at;
}

function toTimestamp(date: string): string {
  const at = Date.parse(date);
  return Number.isNaN(at) ? "" : new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}
