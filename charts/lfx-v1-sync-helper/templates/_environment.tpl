{{- /* SPDX-License-Identifier: MIT */ -}}

{{/*
One entry of app.environment, (dict "name" … "given" …), as { value: <text> } or { valueFrom: … }; {} where it is empty.
*/}}
{{- define "sync.variable" -}}
{{- $entry := .given -}}
{{- if not (kindIs "map" $entry) }}{{ $entry = dict "value" $entry }}{{ end -}}
{{- $text := include "sync.text" $entry.value -}}
{{- if and $text $entry.valueFrom -}}
{{- fail (printf "app.environment.%s has both value and valueFrom: leave one out" .name) -}}
{{- end -}}
{{- if and $text (has .name (list "HEIMDALL_PRIVATE_KEY" "AUTH0_PRIVATE_KEY")) -}}
{{- fail (printf "app.environment.%s would show a private key to whoever may read Deployments: put it into a Secret and name that in valueFrom" .name) -}}
{{- end -}}
{{- if $entry.valueFrom -}}
{{- dict "valueFrom" $entry.valueFrom | toYaml -}}
{{- else if or (empty $text) (and (has .name (list "DEBUG" "HTTP_DEBUG")) (eq (lower $text) "false")) -}}
{{- /* The Go program took any text of DEBUG, even "false", for yes. */ -}}
{}
{{- else -}}
{{- dict "value" $text | toYaml -}}
{{- end -}}
{{- end -}}

{{/* What app.environment says, by name, in the same form. */}}
{{- define "sync.ownVariables" -}}
{{- $own := dict -}}
{{- range $name, $given := .Values.app.environment -}}
{{- $variable := include "sync.variable" (dict "name" $name "given" $given) | fromYaml -}}
{{- if $variable }}{{ $_ := set $own $name $variable }}{{ end -}}
{{- end -}}
{{- $own | toYaml -}}
{{- end -}}

{{/* A variable from a Secret: (dict "path" "heimdall.secret" "secret" <its values> "key" "privateKeyKey" "holds" "…" "optional" …). */}}
{{- define "sync.fromSecret" -}}
{{- $scope := . -}}
{{- range list "name" .key -}}
{{- if empty (get $scope.secret .) -}}
{{- fail (printf "%s.%s is empty: name the Secret of this namespace, and the key in it, that holds %s" $scope.path . $scope.holds) -}}
{{- end -}}
{{- end -}}
{{- $reference := dict "name" .secret.name "key" (get .secret .key) -}}
{{- if .optional }}{{ $_ := set $reference "optional" true }}{{ end -}}
{{- dict "valueFrom" (dict "secretKeyRef" $reference) | toYaml -}}
{{- end -}}

{{/* All variables of the service, by name, in the same form; none without a value. */}}
{{- define "sync.variables" -}}
{{- $variables := include "sync.ownVariables" . | fromYaml -}}
{{- $plain := dict
  "NATS_URL" .Values.nats.url
  "PROJECT_SERVICE_URL" .Values.projectService.url
  "COMMITTEE_SERVICE_URL" .Values.committeeService.url
  "HEIMDALL_CLIENT_ID" .Values.heimdall.clientId
  "HEIMDALL_KEY_ID" .Values.heimdall.keyId
  "HEIMDALL_JWKS_URL" .Values.heimdall.jwksUrl
  "AUTH0_TENANT" .Values.auth0.tenant
  "V1_OBJECTS_MAX_BYTES" .Values.nats.kv_bucket_v1_objects.maxBytes
  "V1_MAPPINGS_MAX_BYTES" .Values.nats.kv_bucket_v1_mappings.maxBytes
  "V1_SYNC_STATE_MAX_BYTES" .Values.nats.kv_bucket_v1_sync_state.maxBytes
  "V1_SYNC_USERS_MAX_BYTES" .Values.nats.kv_bucket_v1_sync_users.maxBytes
-}}
{{- range $name, $value := $plain -}}
{{- $text := include "sync.text" $value -}}
{{- if and $text (not (hasKey $variables $name)) }}{{ $_ := set $variables $name (dict "value" $text) }}{{ end -}}
{{- end -}}
{{- $references := list
  (dict "variable" "HEIMDALL_PRIVATE_KEY" "path" "heimdall.secret" "secret" .Values.heimdall.secret "key" "privateKeyKey" "holds" "the RSA key that signs the tokens for v2")
  (dict "variable" "HEIMDALL_CLIENT_ID" "path" "heimdall.secret" "secret" .Values.heimdall.secret "key" "clientIdKey" "optional" true)
  (dict "variable" "AUTH0_CLIENT_ID" "path" "auth0.secret" "secret" .Values.auth0.secret "key" "clientIdKey" "holds" "the id of our client at Auth0")
  (dict "variable" "AUTH0_PRIVATE_KEY" "path" "auth0.secret" "secret" .Values.auth0.secret "key" "privateKeyKey" "holds" "the RSA key of our client at Auth0")
  (dict "variable" "AUTH0_TENANT" "path" "auth0.secret" "secret" .Values.auth0.secret "key" "tenantKey" "optional" true)
-}}
{{- range $references -}}
{{- $isSet := or (hasKey $variables .variable) (hasKey $variables (printf "%s_FILE" .variable)) -}}
{{- $isLeftOut := and .optional (or (empty .secret.name) (empty (get .secret .key))) -}}
{{- if not (or $isSet $isLeftOut) }}{{ $_ := set $variables .variable (include "sync.fromSecret" . | fromYaml) }}{{ end -}}
{{- end -}}
{{- $variables | toYaml -}}
{{- end -}}

{{/* The port of health and metrics. */}}
{{- define "sync.port" -}}
{{- $port := get (include "sync.ownVariables" . | fromYaml) "PORT" | default (dict "value" "8080") -}}
{{- if $port.valueFrom -}}
{{- fail "app.environment.PORT must be a value: probes and the Service need to know the port" -}}
{{- end -}}
{{- $port.value -}}
{{- end -}}

{{/* The pod's `env`; fails with a sentence where the service could not start or be reached. */}}
{{- define "sync.environment" -}}
{{- $variables := include "sync.variables" . | fromYaml -}}
{{- range $name, $path := dict "NATS_URL" "nats.url" "PROJECT_SERVICE_URL" "projectService.url" -}}
{{- if not (hasKey $variables $name) -}}
{{- fail (printf "%s is empty, and app.environment.%s is not set: the service cannot start without" $path $name) -}}
{{- end -}}
{{- end -}}
{{- $bind := get $variables "BIND" | default (dict "value" "*") -}}
{{- if not (has $bind.value (list "*" "0.0.0.0" "::")) -}}
{{- fail "app.environment.BIND must be *, 0.0.0.0 or :: in a pod: the node's probes come from outside it" -}}
{{- end -}}
{{- range $name, $variable := $variables }}
- name: {{ $name }}
  {{- if $variable.valueFrom }}
  valueFrom:
    {{- toYaml $variable.valueFrom | nindent 4 }}
  {{- else }}
  value: {{ $variable.value | quote }}
  {{- end }}
{{- end }}
{{- end -}}
