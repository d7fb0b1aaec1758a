package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

const value = "ghs_hunter2"

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	s := secret.New(value)
	holder := struct {
		Token  secret.Secret
		hidden secret.Secret
		List   []secret.Secret
		Map    map[string]secret.Secret
		Ptr    *secret.Secret
	}{s, s, []secret.Secret{s}, map[string]secret.Secret{"a": s}, &s}
	for _, verb := range strings.Split("%v %+v %#v %s %q %x %X %d %t %p %o %U %e %10.3s %-20v", " ") {
		for _, value := range []any{s, &s, holder.List, holder.Map, holder.Token} {
			check(t, verb, fmt.Sprintf(verb, value))
		}
	}
	// fmt prints unexported fields by reflection and does not call the methods of the
	// fields.
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		check(t, "in a struct, "+verb, fmt.Sprintf(verb, holder))
	}
	check(t, "Print", fmt.Sprint(s, &s))
	raw, err := json.Marshal(holder)
	check(t, "JSON", string(raw), err)
	check(t, "an error", fmt.Errorf("pushing with %v: %w", s, errors.New("x")).Error())
	var log, page bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", s, "all", holder.List)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s)
	check(t, "slog", log.String())
	err = template.Must(template.New("").Parse("{{.Token}} {{printf `%s` .Token}}")).Execute(&page, holder)
	check(t, "a template", page.String(), err)
}

func check(t *testing.T, method, text string, errs ...error) {
	t.Helper()
	for _, form := range []string{value, "hunter2", fmt.Sprintf("%x", value), fmt.Sprintf("%X", value), base64.StdEncoding.EncodeToString([]byte(value))} {
		if strings.Contains(text, form) {
			t.Errorf("%s contains the secret: %q", method, text)
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Error(method, err)
	}
}

func TestNewTrimsWhiteSpace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{value, value + "\n", " \t" + value + "\r\n"} {
		if got := secret.New(text).Reveal(); got != value {
			t.Errorf("New(%q) reveals %q", text, got)
		}
	}
	if !secret.New(" \n").Empty() || secret.New(value).Empty() {
		t.Error("Empty returns a wrong result")
	}
}

func TestFormsListsEveryEncoding(t *testing.T) {
	t.Parallel()
	encode := base64.StdEncoding.EncodeToString
	got := strings.Join(secret.New(value).Forms("me"), " ")
	for _, want := range []string{value, encode([]byte(value)), encode([]byte("me:" + value))} {
		if !strings.Contains(got, want) {
			t.Errorf("Forms does not list %q", want)
		}
	}
	if forms := secret.New("").Forms("me"); forms != nil {
		t.Errorf("an empty secret has the forms %q, and a mask for an empty text hides the log", forms)
	}
}

func TestPrefixDeterminesKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]secret.Kind{
		"ghp_x": secret.ClassicPAT, "github_pat_x": secret.FineGrainedPAT, "gho_x": secret.OAuth, "ghu_x": secret.UserToServer,
		"ghs_x": secret.Installation, "ghs_123_eyJ.e-y.x": secret.Installation, "ghr_x": secret.Refresh, "x": secret.Unknown, "": secret.Unknown,
	} {
		if got := secret.New(text).Kind(); got != want {
			t.Errorf("Kind of %q is %q, want %q", text, got, want)
		}
	}
}
