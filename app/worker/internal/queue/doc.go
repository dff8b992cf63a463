// Package queue takes votes from redis in such a way that none is lost, whenever a worker is killed.
//
// # Keys
//
//	votes                                        the queue: votes come in at the tail, and are taken from the head
//	votes:processing:<worker>:<process>.<batch>  a batch in hand
//	votes:worker:<worker>                        the worker's heartbeat: holds <process>, and expires
//	votes:dead                                   messages that are no votes, newest first
//
// <process> is drawn at random when a process starts, <batch> counts up. So the name of a batch is never used twice.
//
// # Why no vote is lost
//
// A vote leaves `votes` only by an atomic move into a batch's list, and leaves that list only by being moved back (Return, Sweep) or
// with the list's deletion (Ack). Each is one command or one script, which redis also writes to its log as a unit. So at every
// moment a vote is in `votes` or in exactly one batch, and what must be shown is that Ack deletes only what is stored.
//
//  1. Ack is called after Postgres has committed the votes that Take returned.
//  2. When Ack's script runs, the list holds the votes that Take returned, or nothing. Only Take adds to the list; Take gives the batch
//     out only if redis answered every command it sent, and commands are never resent, so none of them can still be on its way. Nobody else adds to it,
//     as the name is never used again. Others only ever take the list away as a whole.
//  3. If an answer was missing, Take gives up that name for good: the command may run later (a blocked BLMOVE whose connection died
//     unnoticed, say). Whatever it moves is found by Sweep, as a list of this process that is not in hand.
//
// A batch that is nobody's is found by any worker: its <process> is not the one in <worker>'s heartbeat. That holds when the worker is dead
// (heartbeat expired), and when it has restarted (heartbeat of the new process). Sweep compares and moves in one script, so two sweepers
// cannot move a batch twice.
//
// A worker may be taken for dead though it was only slow or stopped. Its batch is then in `votes` again and another worker stores
// it too. That is harmless: storing twice is idempotent, an older vote never replaces a newer one, and by 2. the slow worker's Ack finds nothing
// to delete, nor does it write dead letters, which then are the other's to write.
package queue
