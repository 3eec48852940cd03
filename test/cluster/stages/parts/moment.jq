# What a pod plays and where it is in the play; see ../doc.go.

def named: strings | capture("%OUTCOMES%") | .outcome;

def configuration:
  (.spec.volumes[]?
    | .configMap.name?, .secret.secretName?, (.projected.sources[]? | .configMap.name?, .secret.name?)),
  (.spec.containers[]
    | (.envFrom[]? | .configMapRef.name?, .secretRef.name?),
      (.env[]? | .valueFrom.configMapKeyRef.name?, .valueFrom.secretKeyRef.name?));

# Init containers that are started again whenever they end.
def sidecars: .spec.initContainers[]? | select(.restartPolicy == "Always");

def variable:
  .spec.containers[0].env[]? | select(.name == "%VARIABLE%") | .value | strings
  | if . == "crash" then "crash-loop" else select(. == [named][0]) end;

def outcome:
  first(
    (.metadata.annotations["%ANNOTATION%"] | strings),
    variable,
    (.spec.containers[].image | named),
    (sidecars.image | named),
    (configuration | named),
    "ready");

# The status of the container that plays: the first one whose image names an
# outcome, sidecars last, else the first one. Null before it has a status.
def player:
  ([.spec.containers[], sidecars | select([.image | named] | length > 0)] + .spec.containers | first | .name) as $name
  | [.status.containerStatuses[]?, .status.initContainerStatuses[]? | select(.name == $name)] | first;

def state:
  player
  | if .state == null then "new"
    elif .state.waiting then .state.waiting.reason
    elif .state.terminated then (if .restartCount == 0 then "terminated" else "terminated-again" end)
    elif .started then "running"
    else "starting"
    end;

def moment:
  if .metadata.deletionTimestamp then "deleted"
  elif .status.phase == "Succeeded" or .status.phase == "Failed" then "over"
  elif any(.metadata.ownerReferences[]?; .kind == "Job") then "job " + state
  else outcome + " " + state
  end;

def after($seconds): fromdate + $seconds | todate;

# The waits of a kubelet's back-off: 10 s, doubled with each failure, up to 300 s.
def backoff($failures): [10 * pow(2; [$failures - 1, 5] | min), 300] | min;

