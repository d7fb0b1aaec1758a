package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
)

// question is asked once a visit. ask notes facts as it finds them; an error
// ends this question and no other.
type question struct {
	id   string
	text string
	ask  func(ctx context.Context, v *visit) error
}

// questions lists all of them, in the order that they must be asked: the fresh
// package is absent at first, is created in the middle, and deleted at the end.
func questions() []question {
	var all []question
	for _, family := range [][]question{wireQuestions, tokenQuestions, absentQuestions, pushQuestions, lagQuestions, apiQuestions, endQuestions} {
		all = append(all, family...)
	}
	return all
}

// visit is one run of the questions.
type visit struct {
	subject
	http      *http.Client
	token     string
	patience  time.Duration // for watching a token grow old
	lag       time.Duration // for waiting until a push is visible
	secrets   *strings.Replacer
	known     []string // what secrets replaces
	owners    string   // "orgs" or "users", once asked
	pushed    pushed
	now       finding // the question being asked
	throttled []reply
}

func newVisit(s subject, token string, patience time.Duration) *visit {
	v := &visit{subject: s, token: token, patience: patience, lag: lagPatience, http: &http.Client{
		Timeout: askTimeout,
		// A redirect is an answer; whether it is followed is for a question to say.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	v.hide(token)
	return v
}

// ask asks every question and returns all that was found.
func (v *visit) ask(ctx context.Context, all []question) record {
	r := record{Schema: 1, Program: version.String(), Started: time.Now().UTC(), Subject: v.subject}
	for _, q := range all {
		v.now = finding{ID: q.id, Question: q.text, Facts: map[string]string{}}
		if err := q.ask(ctx, v); err != nil {
			v.now.Error = v.secrets.Replace(err.Error())
		}
		r.Findings = append(r.Findings, v.now)
	}
	r.Throttled = v.throttled
	return r
}

// note keeps a fact of the question being asked.
func (v *visit) note(name, value string) { v.now.Facts[name] = v.secrets.Replace(value) }

// tls is how a connection of our own is made: as the client's would be.
func (v *visit) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t, ok := v.http.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		config = t.TLSClientConfig.Clone()
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	return config
}

// hide makes sure a secret, or its base64 form, is never written down.
func (v *visit) hide(secret string) {
	v.known = append(v.known, secret, "[secret]", encode(secret), "[secret]")
	v.secrets = strings.NewReplacer(v.known...)
}
