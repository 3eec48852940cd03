// Package admission says what the API server is told of the webhook that binds
// workloads when they are created: which of them are sent there, and which
// certificate the webhook has.
//
// It promises:
//
//   - Webhooks asks for nothing but the creation of what some ServiceBinding may
//     mean. Without ServiceBindings it is empty.
//   - Whatever happens to the webhook, nothing else waits for it longer than
//     Timeout or fails by it.
//   - A new certificate is trusted before it is served, and the one before it
//     stays trusted as long as a replica may serve it.
//
// It is pure: no client, no clock.
package admission
