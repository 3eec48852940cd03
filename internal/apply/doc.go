// Package apply makes the cluster hold what was rendered, by server-side apply
// as the field owner bowline.
//
// It promises:
//   - An object that belongs to somebody else is never touched. A child that
//     the caches do not know is created by an apply that fails if an object of
//     that name exists; a known one is changed by an apply that names its UID.
//   - An object that already holds everything the intent says causes no
//     request. That is seen from the object alone, so it outlives a restart.
//   - What others changed in fields we own is put right; other fields are
//     theirs.
//   - The number of pods is never written while a HorizontalPodAutoscaler owns
//     it, and it does not change when it is handed over.
//   - Every delete names the UID of what it deletes.
package apply
