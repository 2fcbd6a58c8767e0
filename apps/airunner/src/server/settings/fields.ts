// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { envText } from "@repo/service";
import * as z from "zod";

/** Where to listen. */
export interface ListenAddress {
  /** A name or address; "*" is every interface. IPv6 without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A refusal, as the end of a sentence that begins with the variable's name; never the value. */
class Refused {
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

const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
const listenHint =
  "must be HOST:PORT, such as localhost:8080, 0.0.0.0:8080, [::1]:8080 or *:8080 for all interfaces";

function readListen(text: string): ListenAddress | Refused {
  const [, bracketed, plain, portText = ""] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? (plain === "" ? "*" : plain);
  const port = Number(portText);
  if (host === undefined || portText === "" || port > 65_535) return new Refused(listenHint);
  const isHost =
    bracketed === undefined
      ? host === "*" || isIP(host) === 4 || (hostName.test(host) && !/^[\d.]+$/.test(host))
      : isIP(host) === 6;
  return isHost ? { host, port } : new Refused(listenHint);
}

/** `HOST:PORT`; an empty host, as Go programs write it, is `*`. */
export function envListen(preset: string) {
  return reading(envText({ default: preset }), readListen);
}

/** The same, or `off`. */
export function envListenOrOff(preset: string) {
  return reading(envText({ default: preset }), (text) => {
    if (text.toLowerCase() === "off") return undefined;
    const address = readListen(text);
    return address instanceof Refused ? new Refused(`${address.problem}, or off`) : address;
  });
}

function readOrigin(text: string): string | undefined {
  if (text === "*") return text;
  const url = URL.parse(text);
  const isOrigin =
    url !== null && ["http:", "https:"].includes(url.protocol) && url.origin === text.toLowerCase();
  return isOrigin ? url.origin : undefined;
}

/** Origins as browsers send them, separated by commas; `*` is every one. */
export function envOrigins() {
  return reading(envText({ default: "" }), (text) => {
    const origins = text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .map(readOrigin);
    const known = origins.filter((origin) => origin !== undefined);
    if (known.length === origins.length) return known;
    return new Refused(
      "must list origins as browsers send them, such as https://ci.example.com, without a path, or be *",
    );
  });
}

/** A host name or address, with or without a port (which is dropped), as the original's `--hostname` took it. */
export function envHostname() {
  return reading(envText(), (text) => {
    const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(text) ?? [];
    const host = bracketed ?? plain ?? "";
    const isHost = isIP(host) !== 0 || (hostName.test(host) && !/^[\d.]+$/.test(host));
    return isHost
      ? text
      : new Refused("must be a host name, such as runner.example.com, with or without a port");
  });
}

/** Whether only this machine reaches it. */
export function isLoopback({ host }: Pick<ListenAddress, "host">): boolean {
  return (
    host.toLowerCase() === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))
  );
}
