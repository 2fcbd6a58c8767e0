// SPDX-License-Identifier: MIT
import { createSigner, JwtError, type SigningAlgorithm } from "@repo/jwt";
import { envList, envSecret, envText, envUrl } from "@repo/service";
import * as z from "zod";
import { parseNatsServers } from "../nats/servers.ts";

/** An RSA key in PEM (PKCS#1 or PKCS#8); what is wrong with it stands in one sentence without a part of the key. */
export function envPrivateKey(variable: string, algorithm: SigningAlgorithm) {
  return envSecret().transform((text, context): string => {
    try {
      createSigner({ algorithm, privateKey: text, subject: variable });
      return text;
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      // The sentence begins with the variable's name, which the list of problems says by itself.
      const problem = error.message.replace(new RegExp(`^${variable}:? `), "").replace(/\.$/, "");
      context.addIssue({ code: "custom", message: problem });
      return z.NEVER;
    }
  });
}

/** Where NATS is. */
export interface NatsAddress {
  /** As given: it may hold credentials. */
  readonly url: string;
  /** Hosts and ports alone. */
  readonly shown: string;
  /** Its password or token, if any. */
  readonly secrets: readonly string[];
}

/** `nats://host:4222`, `tls://host`, `nats://user:password@host`; several servers of one cluster between commas. */
export function envNats() {
  return envText().transform((url, context): NatsAddress => {
    try {
      const { options, shown } = parseNatsServers(url);
      const secrets = [options.pass, options.token].filter((text) => text !== undefined);
      return { url, shown, secrets };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const message = "must be an address such as nats://nats:4222, or several of one cluster between commas";
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  });
}

/** A base address of a service: kept without a slash at its end, since paths are put behind it. */
export function envBaseUrl() {
  return envUrl().transform((url, context): string => {
    if (url.search === "" && url.hash === "") return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
    context.addIssue({ code: "custom", message: "must be a URL without ? and #" });
    return z.NEVER;
  });
}

/** v1's gateway, as typed: that is also the audience of the tokens for it. */
export function envGateway(preset: string) {
  return envText({ default: preset }).transform((text, context): string => {
    const url = URL.parse(text);
    const isUsable =
      url !== null && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "";
    if (isUsable && url.username === "" && url.password === "") return text;
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
