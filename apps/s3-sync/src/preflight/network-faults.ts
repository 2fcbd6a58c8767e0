// SPDX-License-Identifier: Apache-2.0
import type { HttpError } from "@repo/http-retry";
import type { Side } from "../side.ts";
import { addressOf } from "./address.ts";
import { errorCodeOf } from "./error-code.ts";
import type { Finding } from "./preflight-error.ts";
import { variable } from "./side-words.ts";

/** What it means that no answer came from a side. */
export function findNetworkFault(side: Side, error: HttpError): Finding {
  if (error.code === "timeout") return silent(side);
  if (error.code === "response_too_large") return endless(side);
  const code = errorCodeOf(error);
  return tlsFault(side, code) ?? connectionFault(side, code, error);
}

/** The endpoint took the connection, or did not even do that, and then nothing, or too little, came. */
export function silent({ role, endpoint }: Side): Finding {
  const advice = `check ${variable(role, "S3_ENDPOINT")} (${endpoint.origin}) and the network, then run again`;
  return temporary("timeout", "gives no whole answer in time", advice);
}

function endless({ role }: Side): Finding {
  return config(
    "too long",
    "answers a short listing with megabytes",
    `check that ${variable(role, "S3_ENDPOINT")} is an S3 server`,
  );
}

function tlsFault(side: Side, code: string): Finding | undefined {
  const endpoint = variable(side.role, "S3_ENDPOINT");
  switch (code) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return config(
        code,
        "shows a certificate of an unknown authority",
        "give that authority's certificate in CA_CERT",
      );
    case "CERT_HAS_EXPIRED":
      return config(code, "shows a certificate that has expired", "renew it at the endpoint");
    case "CERT_NOT_YET_VALID":
      return config(code, "shows a certificate that is not valid yet", "check this machine's clock");
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return config(
        code,
        "shows a certificate for another name",
        `set ${endpoint} to a name it holds${pathStyleHint(side)}`,
      );
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_HTTP_REQUEST":
      return config(
        code,
        "does not speak TLS",
        `begin ${endpoint} with http:// or give the port of its HTTPS`,
      );
    default:
      if (!/^(ERR_SSL_|ERR_TLS_|CERT_)/.test(code)) return undefined;
      return config(code, "does not agree on TLS", "check its certificate and the protocols it allows");
  }
}

function connectionFault(side: Side, code: string, error: HttpError): Finding {
  const endpoint = variable(side.role, "S3_ENDPOINT");
  const { hostname } = addressOf(side);
  switch (code) {
    // Not "config": a cluster's DNS forgets names for minutes, and a Job that fails for good would wait for a person.
    case "ENOTFOUND":
      return temporary(
        code,
        `cannot be reached, no host is named ${hostname}`,
        `check ${endpoint}${pathStyleHint(side)}`,
      );
    case "EAI_AGAIN":
      return temporary(
        code,
        `cannot be reached, ${hostname} cannot be resolved just now`,
        "check the DNS, then run again",
      );
    case "ECONNREFUSED":
      return temporary(
        code,
        "refuses connections, nothing listens there",
        `check that it runs and that ${endpoint} has its port`,
      );
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return temporary(code, "closes the connection without a whole answer", resetAdvice(side));
    case "MALFORMED_RESPONSE":
      return config(code, "does not answer in HTTP", `check the scheme and port of ${endpoint}`);
    default:
      break;
  }
  if (error.cause instanceof Error && error.cause.name === "ProxyRefusal") {
    return config("proxy", `cannot be reached, ${error.cause.message}`, "check HTTPS_PROXY and NO_PROXY");
  }
  return temporary(
    code || "unknown",
    "cannot be reached",
    `check ${endpoint} and the network, then run again`,
  );
}

function config(code: string, what: string, advice: string): Finding {
  return { failureClass: "config", code, text: `${what} (${code}): ${advice}` };
}

function temporary(code: string, what: string, advice: string): Finding {
  return { failureClass: "temporary", code, text: `${what} (${code}): ${advice}` };
}

function resetAdvice({ role, endpoint }: Side): string {
  if (endpoint.protocol === "https:") return "check the server and what stands before it, then run again";
  return `if it speaks TLS, begin ${variable(role, "S3_ENDPOINT")} with https://, else check the server`;
}

function pathStyleHint({ role, pathStyle }: Side): string {
  return pathStyle ? "" : `, or ${variable(role, "PATH_STYLE")}=true where the bucket is no host name`;
}
