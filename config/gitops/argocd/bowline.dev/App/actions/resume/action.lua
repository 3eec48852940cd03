if obj.metadata.annotations ~= nil then
  obj.metadata.annotations["bowline.dev/paused"] = nil
end
return obj
