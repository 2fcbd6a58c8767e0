// SPDX-License-Identifier: Apache-2.0
import { arch, hostname, platform } from "node:os";
import { defaultResource, type Resource, resourceFromAttributes } from "@opentelemetry/resources";

export interface ServiceIdentity {
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Tells apart the processes of one service. */
  readonly instanceId: string;
}

/** What all metrics and spans are of. OTEL_RESOURCE_ATTRIBUTES wins over what is known here, OTEL_SERVICE_NAME over both. */
export function serviceResource(
  { serviceName, serviceVersion, instanceId }: ServiceIdentity,
  fromEnvironment: {
    readonly serviceName?: string;
    readonly resourceAttributes: Readonly<Record<string, string>>;
  },
): Resource {
  return defaultResource().merge(
    resourceFromAttributes({
      "service.name": serviceName,
      "service.version": serviceVersion,
      "service.instance.id": instanceId,
      "host.name": hostname(),
      "host.arch": arch() === "x64" ? "amd64" : arch(),
      "os.type": platform(),
      "process.pid": process.pid,
      "process.runtime.name": "nodejs",
      "process.runtime.version": process.versions.node,
      ...fromEnvironment.resourceAttributes,
      ...(fromEnvironment.serviceName !== undefined && { "service.name": fromEnvironment.serviceName }),
    }),
  );
}
