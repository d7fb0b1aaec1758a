package meta

import (
	"testing"
	"time"
)

func TestParseEpoch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       time.Time
		fails      bool
	}{
		{"unset", "", time.Time{}, false},
		{"seconds", " 86400 ", time.Unix(86400, 0).UTC(), false},
		{"the beginning", "0", time.Unix(0, 0).UTC(), false},
		{"words", "now", time.Time{}, true},
		{"before 1970", "-1", time.Time{}, true},
		{"milliseconds by mistake", "1578616200123456", time.Time{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseEpoch(c.text)
			if !got.Equal(c.want) || (err != nil) != c.fails {
				t.Errorf("got %v, %v; want %v, error %v", got, err, c.want, c.fails)
			}
		})
	}
}
