// Reads the bindings below $SERVICE_BINDING_ROOT with libraries that know the
// Service Binding Specification, and prints what they found as JSON.
//
// @nebhale/service-bindings gives access to all bindings; its author wrote the
// same for other languages. kube-service-bindings makes the options of a driver
// out of the binding of a type; of most types it finds only a binding whose
// folder is the first.
import bindings from '@nebhale/service-bindings';
import kube from 'kube-service-bindings';

const found = {};
for (const binding of await bindings.fromServiceBindingRoot()) {
  const entries = {};
  for (const key of ['type', 'provider', 'host', 'port', 'database', 'username', 'password', 'uri']) {
    entries[key] = await bindings.get(binding, key);
  }
  found[binding.getName()] = entries;
}
const named = async (type, provider) =>
  (await bindings.filter(await bindings.fromServiceBindingRoot(), type, provider)).map((binding) => binding.getName());

console.log(JSON.stringify({
  all: found,
  postgresql: await named('postgresql'),
  ofDebian: await named(undefined, 'debian'),
  pg: kube.getBinding('POSTGRESQL', 'pg'),
  rhea: kube.getBinding('AMQP', 'rhea'),
}));
