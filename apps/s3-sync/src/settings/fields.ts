// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { envSecret, envText } from "@repo/service";
import * as z from "zod";
import { findUnwritable } from "../rclone/config-text.ts";

/** A refusal, as the end of a sentence that begins with the variable's name; never the value. */
export class Refused {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

/** Adds a reading of its own to a text field, keeping the field's documentation. */
function reading<T>(field: z.ZodType<string>, read: (text: string) => T | Refused) {
  return field.transform((text, context): T => {
    const value = read(text);
    if (!(value instanceof Refused)) return value;
    context.addIssue({ code: "custom", message: value.problem });
    return z.NEVER;
  });
}

/** Letters that rclone writes for others: a key `a\tb` is `a␉b` to it, and the other way round. */
const substitutes = /[\u2400-\u2426\u2421\u201b]/u;
const controlCharacter = /[\u0000-\u001f\u007f]/;

function readEndpoint(text: string): URL | Refused {
  if (controlCharacter.test(text)) return new Refused("must not hold control characters");
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
    return new Refused("must be a host or an http:// or https:// address, such as s3.example.com");
  }
  if (url.username !== "" || url.password !== "") {
    return new Refused("must not hold a user name or password; keys have variables of their own");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return new Refused("must be an address without a path; name the bucket and prefix in their variables");
  }
  return url;
}

/** An S3 endpoint; one without a scheme is https, as to rclone. */
export function envEndpoint() {
  return reading(envText(), readEndpoint);
}

function readBucket(text: string): string | Refused {
  if (text.includes("/"))
    return new Refused("must not hold a slash; what follows it belongs into the prefix variable");
  if (text.includes(":"))
    return new Refused("must not hold a colon; it is the bucket's name alone, without a remote or tenant");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(text) || text.includes("..")) {
    return new Refused("must be a bucket name of letters, digits, dots, hyphens and underscores");
  }
  return text;
}

export function envBucket() {
  return reading(envText(), readBucket);
}

function readPrefix(text: string): string | Refused {
  const prefix = text.replace(/\/+$/, "");
  if (prefix === "")
    return text === "" ? "" : new Refused("must not be a slash alone; leave it empty for the whole bucket");
  if (prefix.startsWith("/")) return new Refused("must not begin with a slash; keys do not");
  if (controlCharacter.test(prefix)) return new Refused("must not hold control characters");
  if (substitutes.test(prefix))
    return new Refused("must not hold a symbol that rclone uses in place of control characters");
  const segments = prefix.split("/");
  if (
    segments.some((segment) => segment === "." || segment === ".." || segment === "．" || segment === "．．")
  ) {
    return new Refused("must not hold a . or .. between slashes; rclone cannot address such keys");
  }
  if (segments.includes("")) return new Refused("must not hold two slashes in a row");
  return `${prefix}/`;
}

/** A prefix as `""` or `"a/b/"`: with exactly one slash at its end, so that it cannot match a longer name. */
export function envPrefix() {
  return reading(envText({ default: "" }), readPrefix);
}

function readMaxDelete(text: string): number | Refused {
  if (/^-?\d+(?:\.\d+)?e\+?\d+$/i.test(text)) {
    return new Refused(
      'must be a whole number without an exponent; Helm writes large unquoted numbers so: put it in quotes ("1000000")',
    );
  }
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value >= -1 ? value : new Refused("must be a whole number from 0, or -1 for no limit");
}

/** Objects; -1 is no limit. */
export function envMaxDelete() {
  return reading(envText({ default: "1000" }), readMaxDelete);
}

function readPercent(text: string): number | Refused {
  const value = /^\d{1,3}(?:\.\d{1,3})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return value >= 0 && value <= 100 ? value : new Refused("must be a number from 0 to 100");
}

export function envPercent() {
  return reading(envText(), readPercent);
}

/** PEM text, also with `\n` written out, as some secret stores hand it over. */
function readCertificate(text: string): string | Refused {
  const pem = text.includes("\n") ? text : text.replaceAll(String.raw`\n`, "\n");
  try {
    void new X509Certificate(pem);
    return `${pem.trim()}\n`;
  } catch {
    return new Refused("must be a certificate as PEM text (-----BEGIN CERTIFICATE-----)");
  }
}

export function envCertificate() {
  return reading(envText(), readCertificate);
}

/** A secret that rclone's configuration can carry. */
export function envKey() {
  return reading(envSecret(), (text) => {
    const problem = findUnwritable(text);
    return problem === undefined ? text : new Refused(problem);
  });
}

/** A URL that may hold a token in its path or a password, so that it is a secret as a whole. */
export function envSecretUrl() {
  return reading(envSecret(), (text) => {
    const url = URL.parse(text.trim());
    const isHttp = url !== null && ["http:", "https:"].includes(url.protocol) && url.host !== "";
    return isHttp ? url : new Refused("must be a URL that starts with http:// or https://");
  });
}
