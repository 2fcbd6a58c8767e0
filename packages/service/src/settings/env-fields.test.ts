// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import type { z } from "zod";
import {
  envBoolean,
  envDuration,
  envEnum,
  envHost,
  envInteger,
  envList,
  envPort,
  envSecret,
  envText,
  envUrl,
} from "./env-fields.ts";

/** The value, or the sentence that follows the variable's name. */
function read(schema: z.ZodType, text: string): unknown {
  const outcome = schema.safeParse(text);
  return outcome.success
    ? outcome.data
    : `! ${outcome.error.issues.map(({ message }) => message).join("; ")}`;
}

describe("envBoolean", () => {
  test.for(["true", "TRUE", " True ", "t", "yes", "Y", "on", "1"])(
    "takes %s for true",
    (text, { expect }) => {
      expect(read(envBoolean(), text)).toBe(true);
    },
  );
  test.for(["false", "False", "f", "no", "N", "off", "0"])("takes %s for false", (text, { expect }) => {
    expect(read(envBoolean(), text)).toBe(false);
  });
  test.for(["maybe", "2", "constructor", "tru"])("refuses %s", (text, { expect }) => {
    expect(read(envBoolean({ default: true }), text)).toBe("! must be true or false");
  });
});

describe("envInteger", () => {
  test.for([
    ["0", 0],
    ["-1", -1],
    [" +7 ", 7],
    ["007", 7],
    ["10", 10],
    ["11", "! must be a whole number from -1 to 10"],
    ["-2", "! must be a whole number from -1 to 10"],
    ["1e1", "! must be a whole number from -1 to 10"],
    ["1.0", "! must be a whole number from -1 to 10"],
    ["0x1", "! must be a whole number from -1 to 10"],
    ["1 0", "! must be a whole number from -1 to 10"],
    ["Infinity", "! must be a whole number from -1 to 10"],
    ["", "! must be a whole number from -1 to 10"],
  ] as const)("reads %j as %j", ([text, value], { expect }) => {
    expect(read(envInteger({ min: -1, max: 10 }), text)).toBe(value);
  });

  test("refuses what a number cannot hold exactly", ({ expect }) => {
    expect(read(envInteger(), "9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
    expect(read(envInteger(), "9007199254740992")).toBe("! must be a whole number");
    expect(read(envInteger({ max: 3 }), "4")).toBe("! must be a whole number, at most 3");
  });

  test("refuses a default outside its own range when it is made", ({ expect }) => {
    expect(() => envInteger({ min: 1, default: 0 })).toThrow(
      new TypeError('The default "0" must be a whole number, at least 1'),
    );
  });
});

describe("envPort", () => {
  test.for([
    ["0", 0],
    ["65535", 65_535],
    ["65536", "! must be a whole number from 0 to 65535"],
  ] as const)("reads %j as %j", ([text, value], { expect }) => {
    expect(read(envPort({ default: 8080 }), text)).toBe(value);
  });
});

describe("envDuration", () => {
  const range = ", at least 1s";
  test.for([
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    [" 55M ", 3_300_000],
    ["1000ms", 1000],
    ["999ms", `! must be a duration${range}`],
    ["0", `! must be a duration${range}`],
    ["30", `! must be a duration such as 30s, 55m or 1h30m${range}`],
    ["1h 30m", `! must be a duration such as 30s, 55m or 1h30m${range}`],
    ["-5s", `! must be a duration such as 30s, 55m or 1h30m${range}`],
    ["25d", `! must be a duration${range}`],
  ] as const)("reads %j as %j", ([text, value], { expect }) => {
    expect(read(envDuration({ minMs: 1000 }), text)).toBe(value);
  });

  test("names both ends of its range", ({ expect }) => {
    expect(read(envDuration({ minMs: 1000, maxMs: 60_000 }), "2m")).toBe(
      "! must be a duration from 1s to 1m",
    );
    expect(read(envDuration(), "25d")).toBe("! must be a duration of at most 24 days");
    expect(() => envDuration({ default: "30" })).toThrow(TypeError);
  });
});

describe("envUrl", () => {
  test("gives a URL", ({ expect }) => {
    expect(read(envUrl(), " https://example.com:8443/a?b=c ")).toEqual(
      new URL("https://example.com:8443/a?b=c"),
    );
    expect(read(envUrl({ protocols: ["nats", "tls"] }), "nats://h:4222")).toEqual(new URL("nats://h:4222"));
  });
  test.for(["example.com", "ftp://example.com", "/path", "http://", "javascript:alert(1)", "file:///etc"])(
    "refuses %s",
    (text, { expect }) => {
      expect(read(envUrl(), text)).toBe("! must be a URL that starts with http:// or https://");
    },
  );
  test("refuses credentials unless they are allowed", ({ expect }) => {
    expect(read(envUrl(), "https://user:pw@h/")).toBe("! must not hold a user name or password");
    expect(read(envUrl(), "https://user@h/")).toBe("! must not hold a user name or password");
    expect(read(envUrl({ allowCredentials: true }), "https://user:pw@h/")).toBeInstanceOf(URL);
  });
});

describe("envEnum", () => {
  const levels = envEnum(["debug", "info", "warn", "error"], {
    aliases: { warning: "warn" },
    default: "info",
  });
  test.for([
    ["INFO", "info"],
    [" warning ", "warn"],
    ["loud", "! must be debug, info, warn or error"],
    ["constructor", "! must be debug, info, warn or error"],
  ] as const)("reads %j as %j", ([text, value], { expect }) => {
    expect(read(levels, text)).toBe(value);
  });
  test("gives the spelling of the schema", ({ expect }) => {
    expect(read(envEnum(["PS256", "ES256"]), "es256")).toBe("ES256");
  });
});

describe("envList", () => {
  const slugs = envList({ item: { pattern: /^[a-z-]+$/, hint: "slugs" }, maxItems: 3 });
  test.for([
    ["a", ["a"]],
    [" a , b,, c ,", ["a", "b", "c"]],
    [",", []],
    ["a,B", "! must list only slugs, but item 2 is not"],
    ["a,b,c,d", "! must not have more than 3 items"],
  ] as const)("reads %j as %j", ([text, value], { expect }) => {
    expect(read(slugs, text)).toEqual(value);
  });
});

describe("envHost", () => {
  test.for([
    "*",
    "0.0.0.0",
    "127.0.0.1",
    "::",
    "::1",
    "fe80::1%eth0",
    "localhost",
    "my-host.example.com",
    "a_b",
  ])("takes %s", (text, { expect }) => {
    expect(read(envHost(), text)).toBe(text);
  });
  test("drops the brackets of an IPv6 address", ({ expect }) => {
    expect(read(envHost(), "[::1]")).toBe("::1");
  });
  test.for(["a b", "1.2.3", "300.1.1.1", "http://x", "host:80", "**", "-a", `${"a".repeat(64)}.b`])(
    "refuses %s",
    (text, { expect }) => {
      expect(read(envHost(), text)).toBe("! must be a host name, an IP address, or * for all interfaces");
    },
  );
});

describe("envText and envSecret", () => {
  test("check form and length; only a secret keeps its blanks", ({ expect }) => {
    const options = { pattern: /^\S+$/, hint: "one word", maxLength: 5 };
    expect(read(envText(options), " abc ")).toBe("abc");
    expect(read(envText(options), "a b")).toBe("! must be one word");
    expect(read(envText(options), "abcdef")).toBe("! must not be longer than 5 characters");
    expect(read(envSecret(), " abc ")).toBe(" abc ");
    expect(read(envSecret(options), " abc ")).toBe("! must be one word");
  });
});
