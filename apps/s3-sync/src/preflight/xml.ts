// SPDX-License-Identifier: Apache-2.0
import { XMLParser } from "fast-xml-parser";

/** An element's content: text of a leaf as a string, further elements as nodes, repeated ones as arrays. */
export type XmlNode = Readonly<Record<string, unknown>>;

const PREDEFINED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text with the five predefined entities and character references resolved; any other entity stays as it is. */
export function decodeXmlText(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return PREDEFINED[name] ?? whole;
      const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
    },
  );
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  // Entities that the document itself declares are never expanded: an endpoint may be anybody's.
  entityDecoder: {
    setExternalEntities: () => undefined,
    addInputEntities: () => undefined,
    reset: () => undefined,
    decode: decodeXmlText,
    setXmlVersion: () => undefined,
  },
});

/**
 * Parses an S3 document and returns the content of its root, or `undefined` when the text is no XML, has another root
 * or lacks its end.
 */
export function parseXml(text: string, root: string): XmlNode | undefined {
  // The parser takes a cut document for a whole one.
  if (
    !new RegExp(`</(?:[\\w.-]+:)?${root}\\s*>\\s*$`).test(text) &&
    !new RegExp(`<${root}[^<>]*/>\\s*$`).test(text)
  )
    return undefined;
  try {
    const parsed: unknown = parser.parse(text);
    if (!isNode(parsed)) return undefined;
    const content = parsed[root];
    return content === "" ? {} : isNode(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** The child elements of that name, in order; leaves are left out. */
export function childNodes(node: XmlNode, name: string): XmlNode[] {
  const value = node[name];
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

/** The text of a child element; "" without one. */
export function childText(node: XmlNode, name: string): string {
  const value = node[name];
  return typeof value === "string" ? value : "";
}

function isNode(value: unknown): value is XmlNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
