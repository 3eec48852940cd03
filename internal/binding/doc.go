// Package binding projects service bindings into workloads and takes them out
// again. It is pure: workloads are the maps that JSON decodes to, so that what
// this program does not know survives, and nothing is read or written.
//
// What a workload holds is a function of two things only: the workload as it is
// without bindings, and the set of its bindings.
//
//	Project    the workload without bindings, plus all it had, plus this one
//	Unproject  the workload, less one
//	Into       a workload that is being made, with all of its bindings
//
// So the order of bindings does not matter, doing it again changes nothing,
// and Unproject gives back what was there before Project, but for what others
// changed meanwhile. An annotation of the workload (not of its pods, which would
// restart them) remembers what was projected and by which mapping, so that a
// mapping that changed is undone as it was done. No credential is copied: files
// and variables refer to the Secret.
//
// What is put where, for each binding:
//
//	where                          what
//	-----------------------------  ------------------------------------------------------
//	volumes, at the end, by key    a projected volume of the Secret, then of the overrides
//	volumeMounts, at the end       the volume, read only, at $SERVICE_BINDING_ROOT/<name>
//	env, in front, by key          one variable for each of Env, so that variables of the
//	                               workload can refer to it by $(NAME)
//	env, first of all              SERVICE_BINDING_ROOT=/bindings, where there is none
//	annotations of the pods        type and provider, where the binding overrides them
//
// What SERVICE_BINDING_ROOT of a container leads to:
//
//	the variable                   projection
//	-----------------------------  ------------------------------------------------------
//	does not exist                 set to /bindings; removed with the last binding
//	has a value                    used, never changed
//	has an empty value             refused: nobody can tell what is meant
//	refers to others by $(NAME)    refused: the value is known in the pod only
//	has valueFrom                  refused: the value is known in the pod only
//
// What is refused, each with a message that names the field and the way out:
//
//	found                                            reason
//	-----------------------------------------------  -----------------
//	a path that is no fixed path, or no JSONPath     MappingInvalid
//	no container, or none of the named ones          WorkloadRefused
//	a parent that is no object, a list that is none  WorkloadRefused
//	a variable or a mount of the workload in the way WorkloadRefused
//	the same variable of two bindings                WorkloadRefused
//	two bindings of one name in one container        NameTaken
//	bound through another version of its API         WorkloadRefused
//	a memory that cannot be read                     WorkloadRefused
//	name . or .., or no name of a directory          SpecInvalid
//	a Secret without type, or without a key of Env   SecretIncomplete
//
// A field that is null counts as one that is absent.
package binding
