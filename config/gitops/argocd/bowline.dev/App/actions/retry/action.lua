local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
-- Any new value asks once.
obj.metadata.annotations["bowline.dev/retry"] = "Argo CD " .. os.date("!%Y-%m-%dT%XZ")
return obj
