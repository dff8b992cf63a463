// Package store keeps the votes in Postgres: one row a voter, the newest choice wins.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"votingapp/worker/internal/config"
	"votingapp/worker/internal/vote"
)

const (
	connectTimeoutSeconds = 3
	// statementTimeout ends the wait for a Postgres that neither answers nor hangs up.
	statementTimeout = 10 * time.Second
)

// upsertVotes takes a batch in one statement. A vote that is older than the one stored changes nothing: it comes from a batch that
// was taken over from a dead worker.
const upsertVotes = `
INSERT INTO votes AS stored (id, vote, cast_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
ON CONFLICT (id) DO UPDATE SET vote = excluded.vote, cast_at = excluded.cast_at
WHERE stored.cast_at IS NULL OR stored.cast_at <= excluded.cast_at`

// Store is a pool of connections to Postgres.
type Store struct{ pool *pgxpool.Pool }

// Open prepares the pool for that many consumers; it does not connect yet.
func Open(c config.Postgres, consumers int) (*Store, error) {
	settings := url.Values{
		"host": {c.Host}, "port": {strconv.Itoa(c.Port)}, "user": {c.User}, "password": {c.Password}, "dbname": {c.Database},
		"connect_timeout":  {strconv.Itoa(connectTimeoutSeconds)},
		"application_name": {"votingapp-worker"},
		// Without it Postgres would take our UTF-8 for the database's own encoding, and store nonsense where that is another.
		"client_encoding": {"UTF8"},
		"pool_max_conns":  {strconv.Itoa(consumers + 1)}, // readiness
	}
	pool, err := pgxpool.New(context.Background(), "postgres:///?"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("the settings for Postgres: %w", err)
	}
	return &Store{pool}, nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Ping tells whether Postgres answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Save stores the votes and returns those that Postgres refuses for what they hold. Each other is committed when it returns without an error;
// after an error, any may be, and all can be saved again.
func (s *Store) Save(ctx context.Context, votes []vote.Vote) (refused []vote.Vote, err error) {
	if len(votes) == 0 {
		return nil, nil
	}
	err = s.upsert(ctx, votes)
	if noTable(err) {
		// Somebody put an empty database in place of the one that was there.
		if err = s.EnsureTable(ctx); err == nil {
			err = s.upsert(ctx, votes)
		}
	}
	switch {
	case err == nil:
		return nil, nil
	case !refusal(err):
		return nil, fmt.Errorf("storing %d votes in Postgres: %w", len(votes), err)
	case len(votes) == 1:
		return votes, nil
	}
	// One bad row fails the whole statement: halve until it stands alone.
	half := len(votes) / 2
	first, err := s.Save(ctx, votes[:half])
	if err != nil {
		return nil, err
	}
	second, err := s.Save(ctx, votes[half:])
	return append(first, second...), err
}

func (s *Store) upsert(ctx context.Context, votes []vote.Vote) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	votes = newestPerVoter(votes)
	ids, choices, times := make([]string, len(votes)), make([]string, len(votes)), make([]time.Time, len(votes))
	for i, v := range votes {
		ids[i], choices[i], times[i] = v.VoterID, v.Choice, v.CastAt
	}
	_, err := s.pool.Exec(ctx, upsertVotes, ids, choices, times)
	return err
}

// newestPerVoter is there because one statement may not touch a row twice. Of two votes of the same time the later in the queue
// is the newer. The result is in order of the ids, so that statements that run at once lock rows in the same order and cannot deadlock.
func newestPerVoter(votes []vote.Vote) []vote.Vote {
	newest := make(map[string]vote.Vote, len(votes))
	for _, v := range votes {
		if known, ok := newest[v.VoterID]; !ok || !v.CastAt.Before(known.CastAt) {
			newest[v.VoterID] = v
		}
	}
	result := make([]vote.Vote, 0, len(newest))
	for _, v := range newest {
		result = append(result, v)
	}
	slices.SortFunc(result, func(a, b vote.Vote) int { return cmp.Compare(a.VoterID, b.VoterID) })
	return result
}

// refusal tells an error that these very votes cause, and would cause again, from one that passes.
func refusal(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || len(pgErr.Code) != 5 {
		return false
	}
	switch pgErr.Code[:2] {
	case "22", // data exception: text that the database's encoding cannot hold, say
		"23", // integrity constraint violation
		"P0": // raised by a trigger
		return true
	}
	return false
}
