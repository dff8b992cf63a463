package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// tableReady looks before anything is created, so that a role that may only read and write rows can run the worker on a table made for it.
	tableReady = `SELECT EXISTS (SELECT FROM pg_attribute
WHERE attrelid = to_regclass('votes') AND attname = 'cast_at' AND NOT attisdropped)`

	// lockTable lets one worker at a time create the table: IF NOT EXISTS alone fails when two do so at once. The number is arbitrary.
	lockTable = `SELECT pg_advisory_xact_lock(8014398509481984)`

	// createTable and addCastAt leave a table as the public worker image makes it, plus a column that it does not mind.
	createTable = `CREATE TABLE IF NOT EXISTS votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)`
	addCastAt   = `ALTER TABLE votes ADD COLUMN IF NOT EXISTS cast_at timestamptz`
)

// EnsureTable creates the table of votes, or adds to one that the public worker image made what this worker needs.
func (s *Store) EnsureTable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var ready bool
	if err := s.pool.QueryRow(ctx, tableReady).Scan(&ready); err != nil {
		return fmt.Errorf("looking for the table votes in Postgres: %w", err)
	}
	if ready {
		return nil
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, statement := range []string{lockTable, createTable, addCastAt} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("creating the table votes in Postgres: %w", err)
	}
	return nil
}

func noTable(err error) bool {
	var pgErr *pgconn.PgError
	const undefinedTable, undefinedColumn = "42P01", "42703"
	return errors.As(err, &pgErr) && (pgErr.Code == undefinedTable || pgErr.Code == undefinedColumn)
}
