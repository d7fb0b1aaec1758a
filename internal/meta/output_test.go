package meta

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestOutputs(t *testing.T) {
	t.Parallel()
	c := at("push", "refs/heads/master")
	c.AnnotationLevels = "manifest,index"
	r := compute(t, Inputs{Images: "user/app\nb", Tags: "a\nb", Labels: "only=\"two\"\nx=1", Annotations: "y=2"}, c)
	got := map[string]string{}
	for _, o := range r.Outputs(OutputFormat{SepTags: ",", SepLabels: "|", SepAnnotations: "|"}) {
		got[o.Name] = o.Value
	}
	const eight = "org.opencontainers.image.created=2020-01-10T00:30:00.000Z|" +
		"org.opencontainers.image.description=This your first repo!|" +
		"org.opencontainers.image.licenses=MIT|" +
		"org.opencontainers.image.revision=" + commit + "|" +
		"org.opencontainers.image.source=https://github.com/octocat/Hello-World|" +
		"org.opencontainers.image.title=Hello-World|" +
		"org.opencontainers.image.url=https://github.com/octocat/Hello-World|" +
		"org.opencontainers.image.version=a|"
	level := func(name string) string {
		return name + ":" + strings.ReplaceAll(eight, "|org", "|"+name+":org") + name + ":y=2"
	}
	want := map[string]string{
		"version": "a", "tags": "user/app:a,user/app:b,b:a,b:b", "tag-names": "a,b",
		"labels": `only="two"|` + eight + "x=1", "annotations": level("manifest") + "|" + level("index"),
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
	}
	if !json.Valid([]byte(got["json"])) || strings.Contains(got["json"], "\n") {
		t.Errorf("got %q, want JSON on one line", got["json"])
	}
}

func TestJSONHasTheFormatOfJSONStringify(t *testing.T) {
	t.Parallel()
	c := at("push", "refs/heads/master")
	c.Repository = func(context.Context) (Repository, error) { return Repository{}, nil }
	r := compute(t, Inputs{Tags: "a", Labels: "\"x=one\ntwo\"\ny=<&>\"\u2028"}, c)
	want := `"x":"one","y":"<&>\""},`
	if got := r.JSON(); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it: no HTML escapes, and values truncated at the first line break", got, want)
	}
	if got := quote("a\u2028\\u2028\b"); got != "\"a\u2028\\\\u2028\\b\"" {
		t.Errorf("got %s", got)
	}
}

func TestBakeFiles(t *testing.T) {
	t.Parallel()
	r := Result{Version: "1", Tags: []Tag{{Name: "1"}}, Images: []string{"a", "b"}, Labels: []Pair{{Key: "k", Value: "v"}}, Annotations: []Pair{{Key: "k", Value: "v"}}, Levels: []string{"index"}}
	files := map[string]string{}
	for _, f := range r.BakeFiles(OutputFormat{BakeTarget: "app"}) {
		files[f.Output+" "+f.Name] = f.Content
	}
	want := map[string]string{
		"bake-file-tags docker-metadata-action-bake-tags.json": `{
  "target": {
    "app": {
      "tags": [
        "a:1",
        "b:1"
      ],
      "args": {
        "DOCKER_META_IMAGES": "a,b",
        "DOCKER_META_VERSION": "1"
      }
    }
  }
}`,
		"bake-file-labels docker-metadata-action-bake-labels.json": `{
  "target": {
    "app": {
      "labels": {
        "k": "v"
      }
    }
  }
}`,
		"bake-file-annotations docker-metadata-action-bake-annotations.json": `{
  "target": {
    "app": {
      "annotations": [
        "index:k=v"
      ]
    }
  }
}`,
	}
	for name, content := range want {
		if files[name] != content {
			t.Errorf("%s: got\n%s\nwant\n%s", name, files[name], content)
		}
	}
	empty := Result{}.BakeFiles(OutputFormat{})
	if got, want := empty[0].Content, `{
  "target": {
    "docker-metadata-action": {
      "tags": [],
      "args": {
        "DOCKER_META_IMAGES": ""
      }
    }
  }
}`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	c := at("push", "refs/heads/master")
	c.Created = time.Unix(1, 0)
	r := compute(t, Inputs{Tags: "a", Labels: "# no\nB.b=1\na_b={{branch}}\na-b=x={{sha}}\na.b=\nnothing\nx=1\nx=2\norg.opencontainers.image.title=Mine"}, c)
	var got []string
	for _, l := range lines(r.Labels) {
		if !strings.HasPrefix(l, "org.") || strings.Contains(l, "title") || strings.Contains(l, "created") {
			got = append(got, l)
		}
	}
	want := "a_b=master a-b=x=860c190 a.b= B.b=1 org.opencontainers.image.created=1970-01-01T00:00:01.000Z org.opencontainers.image.title=Mine x=2"
	if strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRepositoryFromThePayload(t *testing.T) {
	t.Parallel()
	c := at("push", "refs/heads/main")
	c.Repository = nil
	c.Event.Payload = Payload{"repository": map[string]any{"name": "web", "default_branch": "main", "description": nil, "license": map[string]any{"spdx_id": "MIT"}}}
	r := compute(t, Inputs{Tags: "type=edge"}, c)
	if r.Version != "edge" || r.Labels[2] != (Pair{Key: KeyLicenses, Value: "MIT"}) || r.Labels[5] != (Pair{Key: KeyTitle, Value: "web"}) {
		t.Errorf("got %q, %v", r.Version, r.Labels)
	}
	c.Event = Event{Name: "schedule", Ref: "refs/heads/trunk"}
	if r := compute(t, Inputs{Tags: "type=edge"}, c); r.Version != "edge" {
		t.Errorf("got %q, want edge: schedules run on the default branch", r.Version)
	}
}

func TestLongLabelsGiveWarnings(t *testing.T) {
	t.Parallel()
	annotations := KeyDescription + "=" + strings.Repeat("é", 513) + "\n" + KeyLicenses + "=" + strings.Repeat("x", 256)
	r := compute(t, Inputs{Tags: "a", Annotations: annotations}, at("push", "refs/heads/main"))
	if len(r.Warnings) != 1 || r.Warnings[0].Code != CodeLabelTooLong || !strings.Contains(r.Warnings[0].Title, "513") {
		t.Errorf("got %v, want one warning about 513 characters", r.Warnings)
	}
}

func TestEnvName(t *testing.T) {
	t.Parallel()
	if got := EnvName("bake-file-tags"); got != "DOCKER_METADATA_OUTPUT_BAKE_FILE_TAGS" {
		t.Errorf("got %q", got)
	}
}

// JavaScript lists whole numbers first, in ascending order.
func TestWholeNumbersAreTheFirstLabels(t *testing.T) {
	t.Parallel()
	got := labelObject([]Pair{{Key: "-1", Value: "a"}, {Key: "01", Value: "b"}, {Key: "10", Value: "c"}, {Key: "2", Value: "d"}, {Key: "4294967295", Value: "e"}, {Key: "a", Value: "f"}}).compact()
	if want := `{"2":"d","10":"c","-1":"a","01":"b","4294967295":"e","a":"f"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Handlebars prints nothing for an unknown name in parentheses, and accepts a backslash at
// the end of a text.
func TestExpressionsThatHandlebarsAccepts(t *testing.T) {
	t.Parallel()
	cases := []struct{ tags, want string }{
		{"type=schedule,pattern=nightly{{#if (tag)}}a{{/if}}", "nightly"},
		{"type=schedule,pattern={{date 'YYYY\\'}}", "2020"},
	}
	for _, c := range cases {
		got := compute(t, Inputs{Tags: c.tags}, at("schedule", "refs/heads/master"))
		if got.Version != c.want {
			t.Errorf("%s: got %q, want %q", c.tags, got.Version, c.want)
		}
	}
}
