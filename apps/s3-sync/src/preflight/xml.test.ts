// SPDX-License-Identifier: Apache-2.0
import { describe, test } from "vitest";
import { childNodes, childText, decodeXmlText, parseXml } from "./xml.ts";

describe("text", () => {
  test.for([
    ["a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;", "a & b <c> \"d\" 'e'"],
    ["&#34;&#x41;&#x1F600;&#10;", '"A😀\n'],
    // Once only, and nothing that a document defines for itself.
    ["&amp;amp; &amp;#34; &own; &#x110000;", "&amp; &#34; &own; &#x110000;"],
  ] as const)("%s", ([text, expected], { expect }) => {
    expect(decodeXmlText(text)).toBe(expected);
  });
});

describe("a document", () => {
  test("gives leaves as text, as they are, and repeated elements in order", ({ expect }) => {
    const root = parseXml(
      '<?xml version="1.0"?><R xmlns="urn:x"><K> 01 </K><C><K>a</K></C><C><K>b&amp;</K></C></R>\n',
      "R",
    );
    expect(root).toBeDefined();
    expect(childText(root ?? {}, "K")).toBe(" 01 ");
    expect(childNodes(root ?? {}, "C").map((node) => childText(node, "K"))).toEqual(["a", "b&"]);
    expect(childText(root ?? {}, "C")).toBe("");
  });

  test("may have a namespace prefix, or nothing in it", ({ expect }) => {
    expect(parseXml("<s3:R><s3:K>a</s3:K></s3:R>", "R")).toEqual({ K: "a" });
    expect(parseXml("<R/>", "R")).toEqual({});
    expect(parseXml("<R></R>", "R")).toEqual({});
  });

  test.for([
    ["", "nothing"],
    ["{}", "JSON"],
    ["<html><body>R</body></html>", "another root"],
    ["<R><K>a</K>", "no end"],
    ["<R><K>a</K></R", "half an end"],
    ["text", "text"],
    ["<A><R></R></A>", "the root inside another"],
    ["<R>text</R>", "text alone"],
  ] as const)("%s (%s) is none", ([text], { expect }) => {
    expect(parseXml(text, "R")).toBeUndefined();
  });

  test("never expands entities that it declares itself", ({ expect }) => {
    const bomb =
      '<!DOCTYPE R [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><R><K>&b;</K></R>';
    const root = parseXml(bomb, "R");
    expect(root === undefined ? "&b;" : childText(root, "K")).toBe("&b;");
  });
});
