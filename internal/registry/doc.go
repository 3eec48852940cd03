// Package registry asks image registries what tags stand for.
//
// An App asks once for each Release that is about to be made (Digests.Ask). The
// question costs the pass nothing: what the registry says comes later, and then
// the App is called. What it promises:
//
//	asked                                        answer
//	-------------------------------------------  ------------------------------------
//	for a Release not asked about yet            Pending; the registry is asked, or an
//	                                             answer awaited that is under way
//	again, before the answer came                Pending
//	again, within a minute of the answer         the digest
//	while a failure is remembered                the Problem, without a request
//	again, when Next has come                    Pending with the Problem so far
//	by another wish (retry, restart)             as if nothing were remembered
//
// A digest is handed to those who asked before it came and to nobody else: who
// asks later may ask because the tag has moved. A failure is remembered for the
// reference, the namespace, the service account and the versions of the pull
// secrets, at first for 10 seconds, then twice as long each time, at most for 5
// minutes. So a pull secret that changes is tried at once.
//
// Credentials are those a pod of the App would pull with: its imagePullSecrets,
// and where it names none, those of its service account. They are read from the
// API server for each request and kept nowhere. Nothing that a registry writes
// gets into a Problem but the number of its answer: it could echo credentials.
package registry
