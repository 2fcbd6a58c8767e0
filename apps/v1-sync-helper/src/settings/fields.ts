// SPDX-License-Identifier: MIT
import { createSigner, JwtError, type Signer, type SigningAlgorithm } from "@repo/jwt";
import { envList, envSecret, envText, envUrl } from "@repo/service";
import * as z from "zod";

/** A private key, read and checked. */
export interface PrivateKey {
  readonly signer: Signer;
  /** As it was given, so that logs can hide it. */
  readonly text: string;
}

/** An RSA key in PEM (PKCS#1 or PKCS#8); what is wrong with it stands in one sentence without a part of the key. */
export function envPrivateKey(variable: string, algorithm: SigningAlgorithm) {
  return envSecret().transform((text, context): PrivateKey => {
    try {
      return { signer: createSigner({ algorithm, privateKey: text, subject: variable }), text };
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      // The sentence begins with the variable's name, which the list of problems says by itself.
      const problem = error.message.replace(new RegExp(`^${variable}:? `), "").replace(/\.$/, "");
      context.addIssue({ code: "custom", message: problem });
      return z.NEVER;
    }
  });
}

const natsSchemes = new Set(["nats:", "tls:", "ws:", "wss:"]);

/** Addresses of the servers of one cluster, between commas, as `nats://nats:4222`; a scheme may be left out. */
export function envNatsServers() {
  return envText().transform((text, context): readonly string[] => {
    const servers = text.split(",").map((part) => part.trim());
    const problem = servers.map(natsProblem).find((found) => found !== undefined);
    if (problem === undefined) return servers;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  });
}

function natsProblem(server: string): string | undefined {
  const url = URL.parse(server.includes("://") ? server : `nats://${server}`);
  if (url === null || url.host === "" || !natsSchemes.has(url.protocol))
    return "must be addresses such as nats://nats:4222, separated by commas";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password";
  return undefined;
}

/** A base address of a service: kept without a slash at its end, since paths are put behind it. */
export function envBaseUrl() {
  return envUrl().transform((url, context): string => {
    if (url.search === "" && url.hash === "") return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
    context.addIssue({ code: "custom", message: "must be a URL without ? and #" });
    return z.NEVER;
  });
}

/** v1's gateway: an address, and as typed the audience of the tokens for it. */
export interface Gateway {
  /** With a slash at its end. */
  readonly baseUrl: string;
  readonly audience: string;
}

export function envGateway(preset: string) {
  return envText({ default: preset }).transform((text, context): Gateway => {
    const url = URL.parse(text);
    const isUsable =
      url !== null && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "";
    if (isUsable && url.username === "" && url.password === "")
      return { baseUrl: url.href.endsWith("/") ? url.href : `${url.href}/`, audience: text };
    context.addIssue({
      code: "custom",
      message: "must be a URL that starts with http:// or https://, without user, password, ? and #",
    });
    return z.NEVER;
  });
}

/** Slugs between commas, in lower case as v2 keeps them. */
export function envSlugs() {
  return envList({
    item: { pattern: /^[a-z][a-z0-9_-]*[a-z0-9]$/i, hint: "slugs such as my-project" },
    default: "",
  }).transform((slugs): readonly string[] => slugs.map((slug) => slug.toLowerCase()));
}
