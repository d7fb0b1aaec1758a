package diag_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestAllListsEveryErrorInOrder(t *testing.T) {
	t.Parallel()
	one, two := diag.Inputf("a", "one", "", "1"), &diag.Error{Code: "two", Title: "2", Err: &diag.Error{Code: "inner"}}
	cases := []struct {
		name string
		err  error
		want []string
	}{
		{"none", nil, nil},
		{"one", one, []string{"one"}},
		{"wrapped", fmt.Errorf("doing: %w", one), []string{"one"}},
		{"joined", errors.Join(one, two), []string{"one", "two"}},
		{"joined and wrapped", fmt.Errorf("doing: %w", errors.Join(fmt.Errorf("x: %w", two), one)), []string{"two", "one"}},
		{"an Error that wraps another Error", two, []string{"two"}},
		{"an ordinary error", errors.New("x"), []string{"internal"}},
		{"an ordinary error among them", errors.Join(one, errors.New("x")), []string{"one", "internal"}},
		{"several wrapped errors", fmt.Errorf("%w and %w", one, two), []string{"one", "two"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range diag.All(c.err) {
				got = append(got, e.Code)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOrdinaryErrorGetsAHint(t *testing.T) {
	t.Parallel()
	if e := diag.All(errors.New("x"))[0]; e.Title != "x" || e.Hint == "" {
		t.Errorf("got %+v", e)
	}
}

func TestErrorTextContainsTitleCauseAndHint(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for want, e := range map[string]*diag.Error{
		"title":              {Title: "title"},
		"title: cause":       {Title: "title", Err: cause},
		"title\nhint":        {Title: "title", Hint: "hint"},
		"title: cause\nhint": {Title: "title", Err: cause, Hint: "hint"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !errors.Is(&diag.Error{Err: cause}, cause) {
		t.Error("errors.Is does not find the cause")
	}
}

func TestIsFindsTheCode(t *testing.T) {
	t.Parallel()
	err := errors.Join(diag.Inputf("a", "one", "", "x"), errors.New("y"))
	if !diag.Is(err, "one") || diag.Is(err, "two") || diag.Is(nil, "one") {
		t.Error("Is returns a wrong result")
	}
}

func TestHeadingBeginsWithACapitalLetter(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{"": "", "the source": "The source", "ü": "Ü", `"x" is`: `"x" is`, "The": "The", "ghcr.io did": "ghcr.io did", "localhost:1 did": "localhost:1 did"} {
		if got := (&diag.Error{Title: title}).Heading(); got != want {
			t.Errorf("Heading of %q is %q, want %q", title, got, want)
		}
	}
}
