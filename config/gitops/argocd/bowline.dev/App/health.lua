-- What Argo CD shows of an App. Its conditions sum up all that runs for it.

local function condition(kind)
  if obj.status ~= nil and obj.status.conditions ~= nil then
    for _, c in ipairs(obj.status.conditions) do
      if c.type == kind then
        return c
      end
    end
  end
  return {}
end

local observed = -1
if obj.status ~= nil and obj.status.observedGeneration ~= nil then
  observed = obj.status.observedGeneration
end
if observed < obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not looked at this generation yet" }
end

local ready = condition("Ready")
local status = "Progressing"
if condition("Stalled").status == "True" then
  status = "Degraded" -- nothing more happens until a person acts
elseif ready.status == "True" then
  status = "Healthy"
elseif ready.reason == "Paused" then
  status = "Suspended"
elseif ready.reason == "Unavailable" then
  status = "Degraded" -- it was rolled out and healthy, and does not serve now
end
return { status = status, message = ready.message or "" }
