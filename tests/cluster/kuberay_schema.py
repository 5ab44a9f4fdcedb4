"""The fields of KubeRay's resources that our manifests use, as JSON schemas; whatever else stands in a manifest fails.

Written by us after the types of `ray.io/v1` in KubeRay 1.7 (ray-project/kuberay: ray-operator/apis/ray/v1/rayjob_types.go and
raycluster_types.go, and the rules of ray-operator/controllers/ray/utils/validation.go) and after Kubernetes' pod template.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer", "minimum": 0}
LABEL_NAME = r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
LABEL_VALUE: Schema = {"type": "string", "pattern": r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"}
LABELS: Schema = {"type": "object", "patternProperties": {LABEL_NAME: LABEL_VALUE}, "additionalProperties": False}
STRINGS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


def fields(required: dict[str, Schema], **optional: Schema) -> Schema:
    """An object with these fields and no others."""
    return {"type": "object", "properties": required | optional, "required": [*required], "additionalProperties": False}


def rows(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def name(longest: int) -> Schema:
    """A DNS-1035 label."""
    return {"type": "string", "pattern": r"^[a-z]([a-z0-9-]*[a-z0-9])?$", "maxLength": longest}


AMOUNTS = fields(
    {"cpu": {"type": "string", "pattern": r"^\d+$"}, "memory": {"type": "string", "pattern": r"^\d+Gi$"}},
    **{"nvidia.com/gpu": {"type": "string", "pattern": r"^[1-9]\d*$"}},
)
VARIABLE: Schema = {
    "oneOf": [
        fields({"name": TEXT, "value": {"type": "string"}}),
        fields({"name": TEXT, "valueFrom": fields({"secretKeyRef": fields({"name": TEXT, "key": TEXT}, optional={"type": "boolean"})})}),
    ]
}
CONTAINER = fields(
    {"name": name(63), "image": TEXT, "resources": fields({"requests": AMOUNTS, "limits": AMOUNTS})},
    workingDir={"type": "string", "pattern": "^/"},
    ports=rows(fields({"containerPort": {"type": "integer", "minimum": 1, "maximum": 65535}, "name": name(15)})),
    env=rows(VARIABLE),
    securityContext=fields({"allowPrivilegeEscalation": {"const": False}, "capabilities": fields({"drop": rows({"const": "ALL"})})}),
    volumeMounts=rows(fields({"name": name(63), "mountPath": {"type": "string", "pattern": "^/"}}, readOnly={"type": "boolean"})),
)
VOLUME: Schema = {
    "oneOf": [
        fields({"name": name(63), "persistentVolumeClaim": fields({"claimName": TEXT})}),
        fields({"name": name(63), "configMap": fields({"name": TEXT})}),
    ]
}
POD = fields(
    {"containers": rows(CONTAINER)},
    securityContext=fields(
        {"runAsNonRoot": {"const": True}, "runAsUser": {"type": "integer", "minimum": 1}, "runAsGroup": {"type": "integer", "minimum": 1}},
        seccompProfile=fields({"type": {"enum": ["RuntimeDefault", "Localhost", "Unconfined"]}}),
    ),
    nodeSelector=LABELS,
    tolerations=rows(
        fields(
            {"key": TEXT, "operator": {"enum": ["Exists", "Equal"]}},
            value={"type": "string"},
            effect={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
        )
    ),
    volumes=rows(VOLUME),
)
TEMPLATE = fields({"spec": POD})
CLUSTER = fields(
    {
        "rayVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},  # tokens want it
        "headGroupSpec": fields({"rayStartParams": STRINGS, "template": TEMPLATE}, resources=STRINGS, labels=LABELS),
        "workerGroupSpecs": rows(
            fields(
                # Both bounds are needed where no autoscaler sets them.
                {"groupName": name(50), "minReplicas": WHOLE, "maxReplicas": WHOLE, "rayStartParams": STRINGS, "template": TEMPLATE},
                replicas=WHOLE,
                labels=LABELS,
                resources=STRINGS,
            )
        ),
    },
    authOptions=fields({"mode": {"enum": ["token", "disabled"]}}, secretName=TEXT),
    enableInTreeAutoscaling={"type": "boolean"},
)
CONDITION: Schema = {
    "oneOf": [
        fields({"jobStatus": {"enum": ["SUCCEEDED", "FAILED"]}}, ttlSeconds=WHOLE),
        fields({"jobDeploymentStatus": {"const": "Failed"}}, ttlSeconds=WHOLE),
    ]
}
RULE = fields({"policy": {"enum": ["DeleteCluster", "DeleteWorkers", "DeleteSelf", "DeleteNone"]}, "condition": CONDITION})
JOB = fields(
    {"entrypoint": TEXT, "rayClusterSpec": CLUSTER},
    backoffLimit=WHOLE,
    submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
    shutdownAfterJobFinishes={"type": "boolean"},
    ttlSecondsAfterFinished=WHOLE,
    deletionStrategy=fields({"deletionRules": rows(RULE)}),
) | {
    # Rules stand alone; without them a time to live wants the shutdown.
    "if": {"required": ["deletionStrategy"]},
    "then": {"not": {"anyOf": [{"required": ["shutdownAfterJobFinishes"]}, {"required": ["ttlSecondsAfterFinished"]}]}},
    "else": {"properties": {"shutdownAfterJobFinishes": {"const": True}}, "required": ["shutdownAfterJobFinishes"]},
}


def _resource(kind: str, spec: Schema, longest: int) -> Schema:
    metadata = fields({"name": name(longest)}, labels=LABELS)
    return fields({"apiVersion": {"const": "ray.io/v1"}, "kind": {"const": kind}, "metadata": metadata, "spec": spec})


RAY_JOB = _resource("RayJob", JOB, 47)
RAY_CLUSTER = _resource("RayCluster", CLUSTER, 53)
