// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { serializeError } from "./error-fields.ts";

describe("serializeError", () => {
  test("gives type, message, stack, plain own fields and the chain of causes", ({ expect }) => {
    const cause = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED", port: 9000 });
    const error = Object.assign(new Error("upload failed", { cause }), {
      status: 503,
      retry: true,
      request: { headers: {} },
    });
    expect(serializeError(error)).toEqual({
      type: "Error",
      message: "upload failed",
      stack: error.stack,
      status: 503,
      retry: true,
      cause: {
        type: "Error",
        message: "connect refused",
        stack: cause.stack,
        code: "ECONNREFUSED",
        port: 9000,
      },
    });
  });

  test("calls an error by its class where that does not set a name", ({ expect }) => {
    class LeaseLost extends Error {}
    class Named extends Error {
      override readonly name = "NamedError";
    }
    expect(serializeError(new LeaseLost("x"))).toMatchObject({ type: "LeaseLost" });
    expect(serializeError(new Named("x"))).toMatchObject({ type: "NamedError" });
  });

  test("shows the parts of an AggregateError, at most ten", ({ expect }) => {
    const parts = Array.from({ length: 12 }, (_, index) => new Error(`part ${index}`));
    const fields = serializeError(new AggregateError(parts, "all failed"));
    expect(fields).toMatchObject({ type: "AggregateError", message: "all failed" });
    const errors = fieldOf(fields, "errors");
    expect(errors).toHaveLength(11);
    expect(errors).toMatchObject({ 0: { message: "part 0" }, 9: { message: "part 9" }, 10: "[2 more]" });
  });

  test("shows both parts of a SuppressedError", ({ expect }) => {
    const error = new SuppressedError(new Error("while closing"), new Error("while working"), "both");
    expect(serializeError(error)).toMatchObject({
      error: { message: "while closing" },
      suppressed: { message: "while working" },
    });
  });

  test("follows causes to a depth of eight", ({ expect }) => {
    let error = new Error("level 20");
    for (let level = 19; level >= 0; level -= 1) error = new Error(`level ${level}`, { cause: error });
    let fields = serializeError(error);
    for (let level = 0; level < 8; level += 1) {
      expect(fields).toMatchObject({ message: `level ${level}` });
      fields = fieldOf(fields, "cause");
    }
    expect(fields).toBe("[8 causes shown, more below]");
  });

  test("ends on an error that is its own cause, and shows one that stands in two places twice", ({
    expect,
  }) => {
    const loop = new Error("loop");
    loop.cause = loop;
    expect(serializeError(loop)).toMatchObject({ message: "loop", cause: "[circular]" });
    const twice = new Error("twice");
    expect(serializeError(new AggregateError([twice, twice]))).toMatchObject({
      errors: [{ message: "twice" }, { message: "twice" }],
    });
  });

  test("survives getters that throw and keeps no prototype trick", ({ expect }) => {
    const error = new Error("odd");
    Object.defineProperty(error, "broken", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    Object.defineProperty(error, "__proto__", { enumerable: true, value: "x" });
    expect(serializeError(error)).toMatchObject({ message: "odd", broken: "[unreadable]" });
  });

  test("cuts long text and takes at most twenty own fields", ({ expect }) => {
    const error = new Error("m".repeat(20_000));
    for (let index = 0; index < 30; index += 1) Object.assign(error, { [`f${index}`]: index });
    const fields = serializeError(error);
    expect(String(fieldOf(fields, "message"))).toMatch(/^m{16384}… \(20000 characters\)$/);
    expect(fields).toHaveProperty("f19");
    expect(fields).not.toHaveProperty("f20");
  });

  test.for([["text"], [42], [null], [{ a: 1 }]] as const)("gives %o back as it is", ([value], { expect }) => {
    expect(serializeError(value)).toBe(value);
  });

  test.for([
    ["text", "text"],
    [{ a: [1] }, '{"a":[1]}'],
    [Symbol("s"), "Symbol(s)"],
  ] as const)("writes the cause %o that is no error as %s", ([cause, written], { expect }) => {
    expect(serializeError(new Error("x", { cause }))).toMatchObject({ cause: written });
  });

  test("takes errors of another realm", async ({ expect }) => {
    const { runInNewContext } = await import("node:vm");
    const foreign: unknown = runInNewContext("new TypeError('from elsewhere')");
    expect(serializeError(foreign)).toMatchObject({ type: "TypeError", message: "from elsewhere" });
  });
});

function fieldOf(fields: unknown, name: string): unknown {
  return typeof fields === "object" && fields !== null ? Reflect.get(fields, name) : undefined;
}
