package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
)

// question is a question that the program asks once per run. The function ask
// records facts. An error of ask ends only this question.
type question struct {
	id   string
	text string
	ask  func(ctx context.Context, v *survey) error
}

// questions returns all questions in the order in which they must be asked. At
// first, the fresh package does not exist. A question creates this package, and the
// last question deletes it.
func questions() []question {
	var all []question
	for _, family := range [][]question{wireQuestions, tokenQuestions, absentQuestions, pushQuestions, lagQuestions, apiQuestions, endQuestions} {
		all = append(all, family...)
	}
	return all
}

// survey is one run of the questions.
type survey struct {
	subject
	http      *http.Client
	token     string
	lifetime  time.Duration // maximum time to measure the lifetime of a token
	lag       time.Duration // maximum time until a push is visible
	secrets   *strings.Replacer
	known     []string // arguments of secrets
	owners    string   // "orgs" or "users"; empty before the first request
	pushed    pushed
	now       finding // finding of the current question
	throttled []reply
}

func newSurvey(s subject, token string, lifetime time.Duration) *survey {
	v := &survey{subject: s, token: token, lifetime: lifetime, lag: lagTimeout, http: &http.Client{
		Timeout: askTimeout,
		// The client returns a redirect as a response. The function ask of a
		// question decides if it follows the redirect.
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
