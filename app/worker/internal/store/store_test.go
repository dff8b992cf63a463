package store

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"votingapp/worker/internal/testbed"
	"votingapp/worker/internal/vote"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func cast(id, choice string, second int) vote.Vote {
	return vote.Vote{VoterID: id, Choice: choice, CastAt: noon.Add(time.Duration(second) * time.Second), Dated: true}
}

func open(t *testing.T, d *testbed.Database) *Store {
	t.Helper()
	s, err := Open(d.Config(), 5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func save(t *testing.T, s *Store, votes ...vote.Vote) []vote.Vote {
	t.Helper()
	refused, err := s.Save(t.Context(), votes)
	if err != nil {
		t.Fatal(err)
	}
	return refused
}

func expect(t *testing.T, d *testbed.Database, want map[string]string) {
	t.Helper()
	if got := d.Votes(t); !reflect.DeepEqual(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
}

// TestStore shares one Postgres between tests that have a database each.
func TestStore(t *testing.T) {
	server := testbed.StartPostgres(t)
	n := 0
	for name, test := range map[string]func(*testing.T, *testbed.Database){
		"the newest of a batch counts":            newestOfABatch,
		"an older vote changes nothing":           olderVote,
		"a public worker's table is taken over":   publicTable,
		"a table that vanished is made again":     vanishedTable,
		"workers may start at once":               createdAtOnce,
		"a role without rights to create":         rowsOnly,
		"statements that overlap do not deadlock": overlapping,
		"a check refuses the row, not the batch":  refusedByCheck,
		"another error is no refusal":             noUniqueness,
		"a wrong password is not shown":           wrongPassword,
	} {
		n++
		database := server.CreateDatabase(t, fmt.Sprint("store", n), "UTF8")
		t.Run(name, func(t *testing.T) { test(t, database) })
	}
	t.Run("what the encoding cannot hold is refused alone", func(t *testing.T) {
		poison(t, server.CreateDatabase(t, "latin", "LATIN1"))
	})
}

func newestOfABatch(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	save(t, s, cast("v1", "b", 2), cast("v2", "a", 1), cast("v1", "a", 1), cast("v3", "a", 5), cast("v3", "c", 5))
	expect(t, d, map[string]string{"v1": "b", "v2": "a", "v3": "c"})
}

func olderVote(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	save(t, s, cast("v1", "a", 1))
	save(t, s, cast("v1", "b", 3))
	save(t, s, cast("v1", "a", 1)) // redelivered
	expect(t, d, map[string]string{"v1": "b"})
	save(t, s, cast("v1", "c", 3)) // as new, and later in the queue
	expect(t, d, map[string]string{"v1": "c"})
}

func publicTable(t *testing.T, d *testbed.Database) {
	d.Exec(t, createTable)
	d.Exec(t, "INSERT INTO votes VALUES ('v1', 'a'), ('v2', 'a')")
	s := open(t, d)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	save(t, s, cast("v1", "b", -1000))
	expect(t, d, map[string]string{"v1": "b", "v2": "a"})
	d.Exec(t, "INSERT INTO votes (id, vote) VALUES ('v3', 'a')") // a public worker still may
}

func vanishedTable(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	save(t, s, cast("v1", "a", 1))
	d.Exec(t, "DROP TABLE votes")
	save(t, s, cast("v2", "a", 1))
	d.Exec(t, "ALTER TABLE votes DROP COLUMN cast_at")
	save(t, s, cast("v3", "a", 1))
	expect(t, d, map[string]string{"v2": "a", "v3": "a"})
}

func createdAtOnce(t *testing.T, d *testbed.Database) {
	var running sync.WaitGroup
	for range 8 {
		s := open(t, d)
		running.Go(func() {
			if err := s.EnsureTable(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

func rowsOnly(t *testing.T, d *testbed.Database) {
	owner := open(t, d)
	if err := owner.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "CREATE ROLE clerk LOGIN PASSWORD '"+testbed.Password+"'")
	d.Exec(t, "GRANT SELECT, INSERT, UPDATE ON votes TO clerk")
	config := d.Config()
	config.User = "clerk"
	s, err := Open(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Error(err)
	}
	save(t, s, cast("v1", "a", 1))
	expect(t, d, map[string]string{"v1": "a"})
}

func noUniqueness(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	save(t, s, cast("v1", "a", 1))
	d.Exec(t, "ALTER TABLE votes DROP CONSTRAINT votes_id_key") // ON CONFLICT has nothing to go by
	refused, err := s.Save(t.Context(), []vote.Vote{cast("v2", "a", 1)})
	if err == nil || refused != nil {
		t.Errorf("refused %v, error %v: a vote must not be given up for a fault of the table", refused, err)
	}
}

func overlapping(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	const voters, rounds = 300, 20
	forward, backward := make([]vote.Vote, voters), make([]vote.Vote, voters)
	for i := range voters {
		forward[i] = cast(fmt.Sprint("v", i), "a", 1)
		backward[voters-1-i] = cast(fmt.Sprint("v", i), "b", 1)
	}
	var running sync.WaitGroup
	for _, votes := range [][]vote.Vote{forward, backward, forward, backward} {
		running.Go(func() {
			for range rounds {
				if _, err := s.Save(t.Context(), votes); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
}

func refusedByCheck(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "ALTER TABLE votes ADD CHECK (vote IN ('a', 'b'))")
	// v1's newest choice is refused, and so the one before it stays.
	refused := save(t, s, cast("v1", "a", 1), cast("v2", "b", 1), cast("v1", "z", 2), cast("v3", "b", 1))
	if !reflect.DeepEqual(refused, []vote.Vote{cast("v1", "z", 2)}) {
		t.Errorf("refused %v", refused)
	}
	expect(t, d, map[string]string{"v1": "a", "v2": "b", "v3": "b"})
}

func poison(t *testing.T, d *testbed.Database) {
	s := open(t, d)
	votes, want := []vote.Vote{}, map[string]string{}
	for i := range 100 {
		id := fmt.Sprintf("véritable %d", i)
		want[id] = "a"
		votes = append(votes, cast(id, "a", 1))
	}
	votes[3].VoterID, votes[77].VoterID = "投票者", "🗳"
	delete(want, "véritable 3")
	delete(want, "véritable 77")
	refused := save(t, s, votes...)
	if !reflect.DeepEqual(refused, []vote.Vote{votes[3], votes[77]}) {
		t.Errorf("refused %v", refused)
	}
	expect(t, d, want)
}

func TestPostgresAway(t *testing.T) {
	server := testbed.StartPostgres(t)
	d := server.CreateDatabase(t, "away", "UTF8")
	s := open(t, d)
	save(t, s, cast("v1", "a", 1))
	server.Stop(t)
	if refused, err := s.Save(t.Context(), []vote.Vote{cast("v1", "b", 2)}); err == nil || refused != nil {
		t.Errorf("refused %v, error %v", refused, err)
	}
	if s.Ping(t.Context()) == nil {
		t.Error("Ping found a Postgres that is not there")
	}
	server.Start(t)
	save(t, s, cast("v1", "b", 2))
	expect(t, d, map[string]string{"v1": "b"})
}

func wrongPassword(t *testing.T, d *testbed.Database) {
	config := d.Config()
	config.Password = "wrong-but-secret"
	s, err := Open(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	_, err = s.Save(t.Context(), []vote.Vote{cast("v1", "a", 1)})
	if err == nil {
		t.Fatal("the wrong password was taken")
	}
	if !strings.Contains(err.Error(), "password authentication failed") || strings.Contains(err.Error(), config.Password) {
		t.Errorf("the error reads %q", err)
	}
}
