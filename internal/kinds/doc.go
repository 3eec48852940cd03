// Package kinds reads, watches and patches objects of kinds that nobody knows
// before a service binding names them.
//
// It promises:
//
//   - A kind is watched from the first time it is asked for until Keep finds
//     that nobody asks any more. What is kept of an object is little: of a
//     service its .status.binding, of a workload its metadata.
//   - Where a watch is not allowed, or was once and is no more, every question is
//     asked of the API server, and Polled says so. The watch is tried again once
//     in a while.
//   - A question is never answered from a watch that has not seen everything yet
//     or that has ended.
//   - A workload is patched only in the version that the patch was made from.
//
// What a kind can be:
//
//	state     is asked                      leaves it by
//	--------  ----------------------------  --------------------------------------
//	unknown   nobody                        a first question: settling
//	settling  the API server, after a wait  the first list: watched; an error or 3 s: polled
//	watched   what the watch has seen       an error that is here to stay: polled
//	polled    the API server                a list that succeeds at last: watched;
//	                                        after an end, a question after retryWatch: settling
package kinds
