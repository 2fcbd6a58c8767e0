// SPDX-License-Identifier: MIT

export const projectKey = (id: string): string => `salesforce-project__c.${id}`;
export const committeeKey = (id: string): string => `platform-collaboration__c.${id}`;
export const memberKey = (id: string): string => `platform-community__c.${id}`;

/** A project of v1; its description says which revision it is. */
export function projectOf(id: string, description: string, more: object = {}): object {
  return { sfid: id, name: `Project ${id}`, slug__c: `slug-${id}`, description__c: description, ...more };
}

export function committeeOf(id: string, project: string, description: string, more: object = {}): object {
  return {
    sfid: id,
    mailing_list__c: `Committee ${id}`,
    project_name__c: project,
    description__c: description,
    ...more,
  };
}

export function memberOf(id: string, committee: string, title: string, more: object = {}): object {
  return { sfid: id, contactemail__c: `${id}@example.org`, collaboration_name__c: committee, title, ...more };
}
