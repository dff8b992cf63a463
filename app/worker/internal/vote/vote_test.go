package vote

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var takenAt = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func TestDecodeAccepts(t *testing.T) {
	earlier := time.Date(2026, 5, 1, 11, 59, 59, 123456000, time.UTC)
	for name, tc := range map[string]struct {
		raw    string
		id     string
		choice string
		castAt time.Time
		dated  bool
	}{
		"dated":                   {`{"voter_id":"v1","vote":"a","cast_at":"2026-05-01T11:59:59.123456Z"}`, "v1", "a", earlier, true},
		"as the public image":     {`{"voter_id": "1f2e", "vote": "b"}`, "1f2e", "b", takenAt, false},
		"null time":               {`{"voter_id":"v1","vote":"a","cast_at":null}`, "v1", "a", takenAt, false},
		"time of a clock ahead":   {`{"voter_id":"v1","vote":"a","cast_at":"2999-01-01T00:00:00Z"}`, "v1", "a", takenAt, true},
		"time with an offset":     {`{"voter_id":"v1","vote":"a","cast_at":"2026-05-01T13:59:59.123456+02:00"}`, "v1", "a", earlier, true},
		"unknown fields":          {`{"voter_id":"v1","vote":"z","more":{"x":[1]}}`, "v1", "z", takenAt, false},
		"longest id, in runes":    {`{"voter_id":"` + strings.Repeat("ü", MaxVoterID) + `","vote":"a"}`, strings.Repeat("ü", MaxVoterID), "a", takenAt, false},
		"id with a quoting trick": {`{"voter_id":"'; DROP TABLE votes; --","vote":"a"}`, "'; DROP TABLE votes; --", "a", takenAt, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(tc.raw, takenAt)
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			want := Vote{VoterID: tc.id, Choice: tc.choice, CastAt: tc.castAt, Dated: tc.dated, Raw: tc.raw}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		raw  string
		want Reason
	}{
		"empty":                 {"", NotJSON},
		"no JSON":               {"hello", NotJSON},
		"cut off":               {`{"voter_id":"v1","vote":"a"`, NotJSON},
		"two values":            {`{"voter_id":"v1","vote":"a"} {}`, NotJSON},
		"array":                 {`["v1","a"]`, NotJSON},
		"number":                {`7`, NotJSON},
		"id is a number":        {`{"voter_id":7,"vote":"a"}`, NotJSON},
		"not UTF-8":             {"{\"voter_id\":\"\xff\",\"vote\":\"a\"}", NotJSON},
		"null":                  {`null`, BadVoterID},
		"no id":                 {`{"vote":"a"}`, BadVoterID},
		"empty id":              {`{"voter_id":"","vote":"a"}`, BadVoterID},
		"id too long":           {`{"voter_id":"` + strings.Repeat("x", MaxVoterID+1) + `","vote":"a"}`, BadVoterID},
		"NUL in the id":         {`{"voter_id":"a\u0000b","vote":"a"}`, BadVoterID},
		"line break in the id":  {`{"voter_id":"a\nb","vote":"a"}`, BadVoterID},
		"C1 control in the id":  {`{"voter_id":"a\u0085b","vote":"a"}`, BadVoterID},
		"half a surrogate pair": {`{"voter_id":"\ud800","vote":"a"}`, BadVoterID},
		"no vote":               {`{"voter_id":"v1"}`, BadChoice},
		"two letters":           {`{"voter_id":"v1","vote":"ab"}`, BadChoice},
		"capital":               {`{"voter_id":"v1","vote":"A"}`, BadChoice},
		"letter with an accent": {`{"voter_id":"v1","vote":"é"}`, BadChoice},
		"letter and line break": {`{"voter_id":"v1","vote":"a\n"}`, BadChoice},
		"time is no time":       {`{"voter_id":"v1","vote":"a","cast_at":"yesterday"}`, BadCastAt},
		"empty time":            {`{"voter_id":"v1","vote":"a","cast_at":""}`, BadCastAt},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(tc.raw, takenAt)
			if err == nil || err.Reason != tc.want {
				t.Errorf("got %v, want reason %q", err, tc.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"voter_id":"v1","vote":"a","cast_at":"2026-05-01T11:59:59.123456Z"}`)
	f.Add(`{"voter_id":"\ud800","vote":"a"}`)
	f.Add("{\"voter_id\":\"\xff\",\"vote\":\"a\"}")
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := Decode(raw, takenAt)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(v.VoterID); n < 1 || n > MaxVoterID || strings.ContainsRune(v.VoterID, 0) {
			t.Errorf("accepted voter_id %q", v.VoterID)
		}
		if len(v.Choice) != 1 || v.Choice < "a" || v.Choice > "z" {
			t.Errorf("accepted vote %q", v.Choice)
		}
		if v.CastAt.After(takenAt) || v.Raw != raw {
			t.Errorf("accepted %+v", v)
		}
	})
}
