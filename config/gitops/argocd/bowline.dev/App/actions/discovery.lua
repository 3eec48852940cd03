-- Which actions Argo CD offers for an App, and which of them make sense now.

local function stalledBy()
  if obj.status ~= nil and obj.status.conditions ~= nil then
    for _, c in ipairs(obj.status.conditions) do
      if c.type == "Stalled" and c.status == "True" then
        return c.reason
      end
    end
  end
end

local retries = { RolledBack = true, Failed = true, RollbackFailed = true, ReturnFailed = true }
local running = obj.status ~= nil and obj.status.release ~= nil and obj.status.release.running ~= nil
local annotation = nil
if obj.metadata.annotations ~= nil then
  annotation = obj.metadata.annotations["bowline.dev/paused"]
end
local annotated = annotation ~= nil and annotation ~= "false"
local inSpec = obj.spec.rollout ~= nil and obj.spec.rollout.state == "Paused"

return {
  restart = { disabled = not running, displayName = "Restart all pods" },
  retry = { disabled = not retries[stalledBy() or ""], displayName = "Try the same again" },
  pause = { disabled = annotated or inSpec, displayName = "Hold changes back" },
  -- What holds changes back in Git, only Git can let out.
  resume = { disabled = not annotated, displayName = "Let changes out again" },
}
