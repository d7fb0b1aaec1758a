package meta

import (
	"fmt"
	"slices"
	"strings"
)

// chartText replaces "+" by "_" in the tag of a Helm chart, as helm push does. A
// tag cannot contain "+", and helm pull converts "_" back to "+" (helm,
// pkg/registry/client.go, helm/helm#10166).
func (e *engine) chartText(text string) string {
	if e.in.Chart == "" {
		return text
	}
	return strings.ReplaceAll(text, "+", "_")
}

// chartRule returns the only default rule of a Helm chart. The tag of a chart is the
// version in Chart.yaml, or the input "version".
func (e *engine) chartRule() rule {
	r := rule{text: "the version of the chart", kind: "chart", attrs: map[string]string{"enable": "true"}}
	switch {
	case e.result.Skip != nil:
		r.skip = e.result.Skip.Reason
	case e.c.Event.Payload.truth("deleted"):
		r.skip = "the push deleted " + e.c.Event.Ref
	case trimJS(e.in.Version) != "":
	case e.kind == otherEvent, e.kind == tagEvent && e.refAfter("refs/heads/") != "":
		r.skip = fmt.Sprintf("the commit of an event %s can differ from the head of the reported branch (set the input tags)", e.c.Event.Name)
	}
	return r
}

// chart returns the outcome of the rule of a Helm chart.
func (e *engine) chart() outcome {
	version := e.in.Chart
	if v := trimJS(e.in.Version); v != "" {
		version = v
		if _, ok := parseSemver(v); ok && v != e.in.Chart {
			version = strings.TrimPrefix(v, "v") // The name of a Git tag often begins with v, but the version of a chart seldom does.
		}
	}
	return outcome{value: version, series: fullVersion}
}

// chartSkip returns the reason why the run does not publish a Helm chart, or
// nil. The only tag of a chart is its version, and only releases publish
// versions.
func (e *engine) chartSkip() *Skip {
	if e.in.Chart == "" {
		return nil
	}
	var reason string
	switch {
	case e.kind == pullEvent, e.kind == scheduleEvent:
		reason = fmt.Sprintf("the event %s does not release a version of a chart", e.c.Event.Name)
	case e.kind == refEvent && e.c.Event.Name == "push" && e.onOtherBranch() && trimJS(e.in.Version) == "":
		reason = "only a push to the default branch, or a push of a Git tag, releases a version of a chart"
	default:
		return nil
	}
	return &Skip{
		Reason: reason, Build: true,
		Hint: fmt.Sprintf("The default tag of a chart is its version, which is %s. To publish the chart in this run, set the input tags.", e.in.Chart),
	}
}

// warnChartVersion warns of a version that Helm finds only if the user writes the complete
// version. The other commands read the tags of the repository, and ignore each tag that is
// not a complete semantic version (helm, pkg/registry/client.go, Tags).
func (e *engine) warnChartVersion() {
	version := e.in.Chart
	if _, ok := parseSemver(version); version == "" || ok && !strings.HasPrefix(version, "v") {
		return
	}
	hint := "Change the version in Chart.yaml to a version with three numbers and without a leading v, such as 1.2.3."
	e.warn(CodeChartVersion, fmt.Sprintf("The version of the chart is %s, which is not a complete semantic version", version),
		fmt.Sprintf("The command helm pull finds the chart only with --version %s. Without --version, or with a range of versions, Helm ignores the tag. %s", version, hint))
}

// warnChartTags warns of the tags of a chart that differ from the version in
// Chart.yaml. helm pull selects a chart by its version, and requires that the
// tag is a version.
func (e *engine) warnChartTags() {
	if e.in.Chart == "" {
		return
	}
	want := sanitize(e.chartText(e.in.Chart))
	other := slices.DeleteFunc(e.result.Names(), func(tag string) bool { return tag == want })
	if len(other) == 0 {
		return
	}
	e.warn(CodeChartTag, fmt.Sprintf("The version of the chart is %s, but the step publishes it as %s", e.in.Chart, strings.Join(other, ", ")),
		fmt.Sprintf("The command helm pull --version %s does not find the chart without the tag %s. Remove the input tags, or write tags: %s. To publish another version, change the version in Chart.yaml.", e.in.Chart, want, want))
}
