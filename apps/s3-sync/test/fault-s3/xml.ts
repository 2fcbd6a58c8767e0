// SPDX-License-Identifier: Apache-2.0
import { parseXml, type XmlNode } from "../../src/preflight/xml.ts";
import { S3Error } from "./errors.ts";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Text as XML content. Control characters become character references as the real service writes them,
 * although XML 1.0 forbids most of these: clients that meet one fail, which is why `encoding-type=url` exists.
 */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"\u0000-\u001f]/g, (character) => {
    return ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}

/** One element with text content. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${typeof text === "string" ? escapeXml(text) : text}</${name}>`;
}

/** A whole document in S3's namespace around already rendered content. */
export function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** The document of an error; S3 gives it no namespace. */
export function errorDocument(error: S3Error, resource: string, requestId: string): string {
  const fields = {
    Code: error.code,
    Message: error.message,
    ...error.elements,
    Resource: resource,
    RequestId: requestId,
  };
  const content = Object.entries(fields).map(([name, text]) => element(name, text));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${content.join("")}</Error>`;
}

/** Parses a request body and returns the content of its root. @throws {S3Error} MalformedXML */
export function parseDocument(body: Buffer, root: string): XmlNode {
  const content = parseXml(body.toString("utf8"), root);
  if (content === undefined) throw new S3Error("MalformedXML");
  return content;
}
