// SPDX-License-Identifier: MIT
import type { Organization, Person } from "../objects/world.ts";
import type { AttributeNames, Attributes } from "./lookup/answer.ts";

/** Of `{"ID":"0034…","Username":"jdoe","Email":"j@example.org","FirstName":"J","LastName":"Doe",…}`. */
export const personAttributes: AttributeNames = ["Username", "Email", "FirstName", "LastName"];

/** Of `{"ID":"0014…","Name":"Example Inc.","Domains":"example.org",…}`. */
export const organizationAttributes: AttributeNames = ["Name", "Domains"];

export function toPerson(attributes: Attributes): Person {
  const { Username = "", Email = "", FirstName = "", LastName = "" } = attributes;
  return {
    username: Username,
    ...(Email === "" ? {} : { email: Email }),
    ...(FirstName === "" ? {} : { firstName: FirstName }),
    ...(LastName === "" ? {} : { lastName: LastName }),
  };
}

/** `Domains` is one text; where it lists several, the first stands for the organization. */
export function toOrganization(id: string, attributes: Attributes): Organization {
  const { Name = "", Domains = "" } = attributes;
  const domain = Domains.split(/[\s,;]+/).find((part) => part !== "");
  return { id, name: Name, ...(domain === undefined ? {} : { domain }) };
}
