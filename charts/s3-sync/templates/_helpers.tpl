{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{/*
Name of the CronJob. Kubernetes allows 52 characters, because it appends a time to name the Jobs; a longer release
name is cut and keeps a hash, so that two long names that begin alike do not meet.
*/}}
{{- define "s3-sync.cronjobName" -}}
{{- if gt (len .Release.Name) 44 -}}
{{- printf "%s-%s-cronjob" (.Release.Name | trunc 35 | trimSuffix "-" | trimSuffix ".") (.Release.Name | sha256sum | trunc 8) -}}
{{- else -}}
{{- printf "%s-cronjob" .Release.Name -}}
{{- end -}}
{{- end -}}

{{- define "s3-sync.secretName" -}}
{{- .Values.existingSecret | default (printf "%s-environment" .Release.Name) -}}
{{- end -}}

{{/* `app` is what people select by: kubectl logs -l app=s3-sync. */}}
{{- define "s3-sync.labels" -}}
app: s3-sync
app.kubernetes.io/name: s3-sync
app.kubernetes.io/instance: {{ .Release.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | trunc 63 | quote }}
{{- end -}}

{{- define "s3-sync.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/*
A value as the text that the program reads. Helm keeps an unquoted 1000000 as a floating-point number and would
write it as 1e+06.
*/}}
{{- define "s3-sync.text" -}}
{{- if kindIs "float64" . -}}
{{- if eq . (floor .) -}}{{- printf "%.0f" . -}}{{- else -}}{{- . -}}{{- end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* A Kubernetes quantity of memory in whole MiB: 1Gi, 512Mi, 1.5G, 1000000000; empty for what is none. */}}
{{- define "s3-sync.mebibytes" -}}
{{- $text := include "s3-sync.text" . -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $bytes := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- if and $number (hasKey $bytes $unit) -}}
{{- divf (mulf (float64 $number) (get $bytes $unit)) 1048576.0 | floor | printf "%.0f" -}}
{{- end -}}
{{- end -}}

{{/*
Variables that follow from other values, as YAML; what `env` says wins.
GOMEMLIMIT makes rclone collect garbage before the kernel kills it. MAX_DURATION ends a run with a summary before
activeDeadlineSeconds ends it without.
*/}}
{{- define "s3-sync.derivedEnvironment" -}}
MAX_DURATION: {{ div (mul (int64 .Values.cronjob.activeDeadlineSeconds) 11) 12 | printf "%ds" | quote }}
{{- with (.Values.resources.limits).memory }}
{{- $mebibytes := include "s3-sync.mebibytes" . }}
{{- if $mebibytes }}
{{- $limit := sub (div (mul (int64 $mebibytes) 8) 10) 90 }}
{{- if lt $limit 50 }}
{{- fail (printf "resources.limits.memory is %s; s3-sync needs at least 192Mi" .) }}
{{- end }}
GOMEMLIMIT: {{ printf "%dMiB" $limit | quote }}
{{- end }}
{{- end }}
{{- end -}}
