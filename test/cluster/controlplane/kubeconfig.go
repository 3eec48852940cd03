package controlplane

import (
	"encoding/base64"
	"fmt"
)

// kubeconfig returns a kubeconfig file that is complete in itself.
func kubeconfig(server string, root []byte, client pair) []byte {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: bowline
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: bowline
  user:
    client-certificate-data: %s
    client-key-data: %s
contexts:
- name: bowline
  context:
    cluster: bowline
    user: bowline
current-context: bowline
`, server, encode(root), encode(client.cert), encode(client.key))
}
