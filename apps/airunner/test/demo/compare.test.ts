// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { bytesFrom, compareBytes, median, readOutputs, readStamp, shellLine } from "../../demo/compare.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

test.for([
  ["abc", "abc", "the same"],
  ["", "", "the same"],
  ["abc", "abx", "different at byte 2"],
  ["abc", "ab", "cut short after 2 bytes"],
  ["abc", "", "cut short after 0 bytes"],
  ["abc", "abcde", "2 bytes too long"],
] as const)("%j and then %j: %s", ([expected, actual, said], { expect }) => {
  expect(compareBytes(bytes(expected), bytes(actual))).toBe(said);
});

test("outputs are read with their numbers, other lines are not", ({ expect }) => {
  const json = [
    '{"type":"process_start","sequence":1,"pid":7}',
    '{"type":"output","attempt":1,"sequence":2,"text":"né\\n"}',
    '{"type":"output","attempt":1,"sequence":3,"base64":"/w=="}',
    '{"type":"output","attempt":1,"sequence":4,"text":""}',
    "",
  ].join("\n");
  const outputs = readOutputs(json);
  expect(outputs.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
  expect(bytesFrom(outputs, 0)).toEqual(Buffer.concat([bytes("né\n"), Buffer.from([255])]));
  expect(bytesFrom(outputs, 3)).toEqual(Buffer.from([255]));
  expect(bytesFrom(outputs, 5)).toHaveLength(0);
});

test("an output without its number is not taken for one", ({ expect }) => {
  expect(() => readOutputs('{"type":"output","text":"x"}')).toThrow(/sequence/);
});

test("a stamp is read off the front of a line", ({ expect }) => {
  expect(readStamp("1795188413123 unit 7 of 20")).toEqual({
    writtenAtMs: 1_795_188_413_123,
    text: "unit 7 of 20",
  });
  expect(readStamp("row 000007 of the report")).toBeUndefined();
});

test("the middle of some values", ({ expect }) => {
  expect([median([]), median([5]), median([9, 1, 100])]).toEqual([0, 5, 9]);
});

test("a command line can be typed as it is shown", ({ expect }) => {
  expect(shellLine(["submit", "--speed=4", "--", "sh", "-c", 'echo "$HOME"; exit 3', "it's"])).toBe(
    `submit --speed=4 -- sh -c 'echo "$HOME"; exit 3' 'it'\\''s'`,
  );
});
