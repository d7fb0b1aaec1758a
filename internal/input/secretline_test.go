package input_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// A value with several lines that lacks its quotes gives one entry per line.
func TestLinesOfAnUnquotedSecretAreNotQuoted(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"MIIEvSECRETLINEbase64AAAA", "MIIEvSECRETLINEbase64AAAA=", "MIIEv/SECRETLINE+base64", "-----BEGIN SECRETLINE KEY-----", "\tSECRETLINE"} {
		text := "key=first\n" + line + "\n"
		_, err := input.ParsePublish(input.Environment{Getenv: func(name string) string {
			return map[string]string{"GITHUB_ACTIONS": "true", "INPUT_CONTEXT": ".", "INPUT_SECRETS": text}[name]
		}})
		if err == nil || !strings.Contains(err.Error(), "ntry 2 of the input secrets") || strings.Contains(err.Error(), "SECRETLINE") {
			t.Errorf("%q: got %v", line, err)
		}
	}
}
