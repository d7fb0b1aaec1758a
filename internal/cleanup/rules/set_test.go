package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestASetHasTheRulesOfItsLines(t *testing.T) {
	t.Parallel()
	set, err := rules.ParseSet("# old images\ndelete: \"pr-*\"\ndelete: /^x:y$/\n\nkeep: 'latest'\nolder-than: 30d\nuntagged: keep=2\ncache: c/file", rules.NoFiles{}, "ghcr.io")
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Delete) != 2 || set.Delete[0].Line != "pr-*" || set.Delete[1].Line != "/^x:y$/" || len(set.Keep) != 1 {
		t.Errorf("the lists are %+v and %+v", set.Delete, set.Keep)
	}
	if set.OlderThan != 30*24*time.Hour || set.Untagged != 2 || set.Cache != "c/file" {
		t.Errorf("got older-than %s, untagged %d and cache %q", set.OlderThan, set.Untagged, set.Cache)
	}
}

func TestAnEmptySetIsNil(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n\n", "# only a comment"} {
		if set, err := rules.ParseSet(text, rules.NoFiles{}, "ghcr.io"); set != nil || err != nil {
			t.Errorf("%q: got %v and %v, want no set", text, set, err)
		}
	}
}

func TestWrongSetsAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, code, title, hint string }{
		{"a selector without a key", "pr-*", rules.CodeSet, `"pr-*"`, `"delete: pr-*"`},
		{"an equals sign", "untagged=delete", rules.CodeSet, "no key", `"untagged: delete"`},
		{"a digest without a key", "sha256:abc", rules.CodeSet, "no key", "KEY: VALUE"},
		{"an unknown key", "delet: x", rules.CodeSet, `"delet"`, "Did you mean delete?"},
		{"an input that is no rule", "dry-run: true", rules.CodeSet, `"dry-run"`, "KEY: VALUE"},
		{"a block of YAML", "delete: |\n  x", rules.CodeSet, `"delete"`, "several times"},
		{"a value twice", "untagged: delete\nuntagged: keep", rules.CodeSet, "twice", "delete, keep, keep-used"},
		{"a wrong value", "untagged: yes", rules.CodeChoice, `The key "untagged" of the input cleanup`, "delete"},
		{"a wrong selector", "delete: !latest", rules.CodeSelector, `"!latest"`, `the key "keep"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rules.ParseSet(c.text, rules.NoFiles{}, "ghcr.io")
			for _, one := range diag.All(err) {
				if one.Code == c.code && one.Input == "cleanup" && strings.Contains(one.Title, c.title) && strings.Contains(one.Hint, c.hint) {
					return
				}
			}
			t.Errorf("got %v, want the code %s, the title %q and the hint %q", err, c.code, c.title, c.hint)
		})
	}
}
