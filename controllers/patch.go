package controllers

import (
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// statusPatch makes a merge patch (RFC 7396) from one status to another that
// applies only to the version of the object it was made from. Only the status
// is encoded and compared: the rest of the object is not ours to write, and can
// be large.
func statusPatch(object client.Object, before, after any) (client.Patch, error) {
	var encoded [2][]byte
	for i, status := range []any{before, after} {
		var err error
		if encoded[i], err = json.Marshal(status); err != nil {
			return nil, fmt.Errorf("encode the status of %T: %w", object, err)
		}
	}
	status, err := jsonpatch.CreateMergePatch(encoded[0], encoded[1])
	if err != nil {
		return nil, fmt.Errorf("compare the statuses of %T: %w", object, err)
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]string{"resourceVersion": object.GetResourceVersion()},
		"status":   json.RawMessage(status),
	})
	if err != nil {
		return nil, fmt.Errorf("encode the patch of %T: %w", object, err)
	}
	return client.RawPatch(types.MergePatchType, patch), nil
}
