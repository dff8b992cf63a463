// Package vote decodes and checks the messages that the vote service puts on the queue.
package vote

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxVoterID is the width of the column that holds a voter's id, in characters.
const MaxVoterID = 255

// Reason says in one word why a message is no vote. It is a label of a metric, so the set is closed.
type Reason string

// The reasons for which a message goes to the dead letters.
const (
	NotJSON      Reason = "json"
	BadVoterID   Reason = "voter_id"
	BadChoice    Reason = "vote"
	BadCastAt    Reason = "cast_at"
	RefusedByDB  Reason = "refused"
	replacedRune        = string(utf8.RuneError)
)

// Reasons lists every Reason, so that each one's counter exists before its first failure.
func Reasons() []Reason {
	return []Reason{NotJSON, BadVoterID, BadChoice, BadCastAt, RefusedByDB}
}

// Error is a message that cannot be taken for a vote.
type Error struct {
	Reason Reason
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// Vote is one voter's choice.
type Vote struct {
	VoterID string
	Choice  string
	// CastAt orders the votes of one voter.
	CastAt time.Time
	// Dated is whether the sender gave the time; otherwise CastAt is when the queue handed the vote out.
	Dated bool
	// Raw is the message as it was on the queue, for the dead letters.
	Raw string
}

type message struct {
	VoterID string  `json:"voter_id"`
	Vote    string  `json:"vote"`
	CastAt  *string `json:"cast_at"`
}

// Decode reads one message that left the queue at takenAt.
//
// No vote can have been cast after it was taken, so a later cast_at (a clock that runs ahead) counts as takenAt:
// else it would shut out everything that voter chooses until that time has come. A message without a time, as the
// public vote image sends it, gets takenAt too: it is the newest so far, and of two such the one taken later wins, in whatever
// order they reach the database.
func Decode(raw string, takenAt time.Time) (Vote, *Error) {
	// encoding/json silently replaces bytes that are no UTF-8, which would make different voters one.
	if !utf8.ValidString(raw) {
		return Vote{}, &Error{NotJSON, "the message is not valid UTF-8"}
	}
	var m message
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		return Vote{}, &Error{NotJSON, "the message is not a JSON object with the texts voter_id and vote: " + err.Error()}
	}
	if detail := checkVoterID(m.VoterID); detail != "" {
		return Vote{}, &Error{BadVoterID, detail}
	}
	if len(m.Vote) != 1 || m.Vote[0] < 'a' || m.Vote[0] > 'z' {
		return Vote{}, &Error{BadChoice, "vote must be one letter from a to z"}
	}
	v := Vote{VoterID: m.VoterID, Choice: m.Vote, CastAt: takenAt, Raw: raw}
	if m.CastAt == nil {
		return v, nil
	}
	castAt, err := time.Parse(time.RFC3339Nano, *m.CastAt)
	if err != nil {
		return Vote{}, &Error{BadCastAt, "cast_at must be a time such as 2026-01-31T12:00:00.000000Z"}
	}
	v.Dated = true
	if castAt.Before(takenAt) {
		v.CastAt = castAt.UTC()
	}
	return v, nil
}

func checkVoterID(id string) string {
	switch {
	case id == "":
		return "voter_id is missing or empty"
	case utf8.RuneCountInString(id) > MaxVoterID:
		return fmt.Sprintf("voter_id is longer than %d characters", MaxVoterID)
	case strings.Contains(id, replacedRune):
		// What encoding/json makes of half a surrogate pair: different voters would become one.
		return "voter_id holds the replacement character U+FFFD or half a surrogate pair"
	case strings.ContainsFunc(id, unicode.IsControl):
		return "voter_id holds a control character"
	}
	return ""
}
