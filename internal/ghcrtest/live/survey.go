package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
)

// question is a question that the program asks once per run. The field "ask" is the
// function that sends the requests and records the facts. If this function returns an
// error, the program continues with the next question.
type question struct {
	id   string
	text string
	ask  func(ctx context.Context, v *survey) error
}

// questions returns all questions in the order in which they must be asked. The fresh
// package does not exist at the start. One question creates the fresh package, and
// the last question deletes the fresh package.
func questions() []question {
	var all []question
	for _, family := range [][]question{wireQuestions, tokenQuestions, absentQuestions, pushQuestions, lagQuestions, apiQuestions, deleteQuestions, endQuestions} {
		all = append(all, family...)
	}
	return all
}

// survey is one run of the questions.
type survey struct {
	subject
	http      *http.Client
	token     string
	lifetime  time.Duration // lifetime is the maximum time for the measurement of the lifetime of a token.
	lag       time.Duration // lag is the maximum time until a push must be visible.
	secrets   *strings.Replacer
	known     []string // arguments of secrets
	owners    string   // owners is "orgs" or "users", and "" before the first request.
	pushed    pushed
	deleted   deletedVersion
	now       finding // now is the finding of the current question.
	throttled []reply
}

func newSurvey(s subject, token string, lifetime time.Duration) *survey {
	v := &survey{subject: s, token: token, lifetime: lifetime, lag: lagTimeout, http: &http.Client{
		Timeout: askTimeout,
		// The HTTP client does not follow redirects. Each question decides if it
		// follows a redirect.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	v.hide(token)
	return v
}

// ask asks all questions and returns their findings.
func (v *survey) ask(ctx context.Context, all []question) record {
	r := record{Schema: 1, Program: "ghcr-publish " + version.String(), Started: time.Now().UTC(), Subject: v.subject}
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

// note records a fact of the current question.
func (v *survey) note(name, value string) { v.now.Facts[name] = v.secrets.Replace(value) }

// tls returns the TLS configuration of the client for a direct connection.
func (v *survey) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t, ok := v.http.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		config = t.TLSClientConfig.Clone()
	}
	config.NextProtos = []string{"h2", "http/1.1"}
	return config
}

// hide makes the program redact a secret and its base64 form in the record.
func (v *survey) hide(secret string) {
	v.known = append(v.known, secret, "[secret]", encode(secret), "[secret]")
	v.secrets = strings.NewReplacer(v.known...)
}
