package worker

import (
	"context"
	"slices"
	"time"

	"votingapp/worker/internal/queue"
	"votingapp/worker/internal/vote"
)

// consume takes batches until ctx ends. A batch in hand is then still stored, until work ends too.
func (w *Worker) consume(ctx, work context.Context) {
	for ctx.Err() == nil {
		var batch *queue.Batch
		err := w.retry(ctx, "no votes can be taken from the queue", func(context.Context) (err error) {
			batch, err = w.Queue.Take(w.BatchSize)
			return err
		})
		if err == nil && batch != nil {
			w.process(work, batch)
		}
	}
}

// process stores a batch, and only then acknowledges it.
func (w *Worker) process(ctx context.Context, batch *queue.Batch) {
	begun := time.Now()
	votes, dead := w.decode(batch)
	var refused []vote.Vote
	err := w.retry(ctx, "votes cannot be stored and are kept in hand", func(ctx context.Context) (err error) {
		refused, err = w.Store.Save(ctx, votes)
		return err
	})
	if err != nil {
		w.giveBack(batch)
		return
	}
	for _, v := range refused {
		dead.add(v.Raw, &vote.Error{Reason: vote.RefusedByDB, Detail: "Postgres refuses to store the vote"})
	}
	w.observe(votes, refused)
	if w.acknowledge(ctx, batch, dead) {
		w.Metrics.BatchSeconds.Observe(time.Since(begun).Seconds())
	}
}

// deadLetters are the messages of one batch that are no votes, each with what is wrong with it.
type deadLetters struct {
	messages []string
	errors   []*vote.Error
}

func (d *deadLetters) add(message string, err *vote.Error) {
	d.messages = append(d.messages, message)
	d.errors = append(d.errors, err)
}

func (w *Worker) decode(batch *queue.Batch) ([]vote.Vote, *deadLetters) {
	votes, dead := make([]vote.Vote, 0, len(batch.Messages)), &deadLetters{}
	for _, message := range batch.Messages {
		v, err := vote.Decode(message, batch.TakenAt)
		if err != nil {
			dead.add(message, err)
			continue
		}
		votes = append(votes, v)
	}
	return votes, dead
}

func (w *Worker) observe(votes, refused []vote.Vote) {
	w.Metrics.Processed.Add(float64(len(votes) - len(refused)))
	now := time.Now()
	for _, v := range votes {
		if v.Dated && !slices.Contains(refused, v) {
			// Two machines' clocks: a latency below zero is none.
			w.Metrics.VoteLatency.Observe(max(0, now.Sub(v.CastAt).Seconds()))
		}
	}
}

// acknowledge reports and counts the dead letters only if they were this worker's to write.
func (w *Worker) acknowledge(ctx context.Context, batch *queue.Batch, dead *deadLetters) bool {
	var ours bool
	err := w.retry(ctx, "stored votes cannot be acknowledged", func(ctx context.Context) (err error) {
		ours, err = w.Queue.Ack(ctx, batch, dead.messages)
		return err
	})
	if err != nil {
		w.Log.Warn("stored votes are left in redis to be stored once more, which changes nothing", "votes", len(batch.Messages), "error", err.Error())
		return false
	}
	if !ours {
		w.Log.Warn("another worker has taken over votes that this one has just stored, and stores them once more, which changes nothing",
			"votes", len(batch.Messages))
		return false
	}
	for _, err := range dead.errors {
		w.Metrics.Failed.WithLabelValues(string(err.Reason)).Inc()
	}
	if len(dead.errors) > 0 {
		w.Log.Warn("messages that are no votes were moved to the list votes:dead",
			"messages", len(dead.errors), "first_reason", string(dead.errors[0].Reason), "first_detail", dead.errors[0].Detail)
	}
	return true
}

// giveBack is for a worker that must stop while Postgres is away. Back at the head of the queue the votes are at once another worker's to
// take; left in hand they would wait for the heartbeat to expire.
func (w *Worker) giveBack(batch *queue.Batch) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := w.Queue.Return(ctx, batch); err != nil {
		w.Log.Warn("votes in hand are left in redis for another worker to take over", "votes", len(batch.Messages), "error", err.Error())
		return
	}
	w.Log.Info("votes in hand are back in the queue", "votes", len(batch.Messages))
}
