package migrate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

func valueOf(step *flow.Step, key string) *yaml.Node {
	if pair := flow.Get(step.Node, key); pair != nil {
		return pair.Value
	}
	return nil
}

// valuesThatUse returns the YAML scalars below the given nodes that use a
// result of a step.
func valuesThatUse(step *flow.Step, nodes ...*yaml.Node) []string {
	id := flow.Text(valueOf(step, "id"))
	if id == "" {
		return nil
	}
	var out []string
	for _, n := range nodes {
		flow.Scalars(n, func(s *yaml.Node) {
			if usesStep(s.Value, id) {
				out = append(out, s.Value)
			}
		})
	}
	return out
}

// usesStep reports whether a text uses a result of the step that has the given
// id.
func usesStep(text, id string) bool {
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "steps."+id)
		if !ok {
			return strings.Contains(text, "steps['"+id+"']") || strings.Contains(strings.ToLower(text), "tojson(steps")
		}
		if after == "" || !isWordByte(after[0]) && after[0] != '-' {
			return true
		}
		rest = after
	}
}

// elsewhere returns the YAML nodes of a job that are outside of the given
// steps.
func elsewhere(job *flow.Job, steps ...*flow.Step) []*yaml.Node {
	var out []*yaml.Node
	for _, pair := range flow.Pairs(job.Node) {
		if pair.Key.Value != "steps" {
			out = append(out, pair.Value)
		}
	}
	for _, step := range job.Steps {
		if !slices.Contains(steps, step) {
			out = append(out, step.Node)
		}
	}
	return out
}

// onlyDigest reports whether a text uses only results of a step that the new
// step also has. These results are the output "digest" and the status of the
// step.
func onlyDigest(text, id string) bool {
	use := regexp.MustCompile(`steps\.` + regexp.QuoteMeta(id) + `\.(outputs\.digest\b|outcome\b|conclusion\b)`)
	return !usesStep(use.ReplaceAllString(text, ""), id)
}

var errShape = errors.New("the steps are not written as a YAML block list, or another part of the file uses an anchor in the steps")

// writeMergedStep changes the push step into a step of this action and removes
// the metadata step.
func (p *pass) writeMergedStep(c chain, d differences) error {
	edits, ok := p.removals(c)
	if !ok {
		return errShape
	}
	if d.name != "" {
		edit, ok := p.renaming(c.push, d.name)
		if !ok {
			return errShape
		}
		edits = append(edits, edit)
	}
	inputs := p.mergedInputs(c, d)
	if name := changedInput(c.push, inputs); name != "" {
		return fmt.Errorf("the input %q has a form that the edit cannot write", name)
	}
	return p.rewriteStep(c.push, inputs, edits)
}

// changedInput returns the name of an input that has another value in the new step than
// in the old step. If all inputs from the list "carried" have the same values, the result
// is "".
func changedInput(old *flow.Step, lines []string) string {
	var written map[string]string
	if err := yaml.Unmarshal([]byte(strings.Join(lines, "\n")), &written); err != nil {
		return "with"
	}
	for _, name := range carried {
		if old.Input(name) != strings.TrimSpace(written[name]) {
			return name
		}
	}
	return ""
}

// isAnchored reports whether another part of the file uses an anchor in a node.
func (p *pass) isAnchored(n *yaml.Node) bool {
	return len(p.doc.Aliases[n]) > 0 || slices.ContainsFunc(n.Content, p.isAnchored)
}

// rewriteStep replaces the action and the inputs of a step. rewriteStep also adds other
// edits, and adds no edit if the step is not written in the expected form.
func (p *pass) rewriteStep(step *flow.Step, inputs []string, edits []text.Edit) error {
	uses, with := step.Uses, flow.Get(step.Node, "with")
	usesAt, usesEnd := p.scalarStart(uses.Value), p.scalarEnd(uses.Value)
	if !isBlock(with) || p.isAnchored(step.Node) || usesAt < 0 {
		return errShape
	}
	first, end := with.Value.Content[0], p.endOf(with.Value)
	if rest := p.doc.Text.LineEnd(end); strings.HasPrefix(strings.TrimSpace(string(p.doc.Text.Bytes()[end:rest])), "#") {
		end = rest // This comment belongs to the last of the old inputs.
	}
	edits = append(edits,
		text.Edit{Start: usesAt, End: max(usesEnd, p.doc.Text.LineEnd(usesEnd)), New: p.opts.ToAction},
		text.Edit{Start: p.doc.Text.Start(first), End: end, New: strings.Join(inputs, p.doc.Text.EOL(p.doc.Text.Start(first))+p.indent(first))})
	for _, edit := range edits {
		p.edits.Drop(edit.Start, edit.End)
	}
	for _, edit := range edits {
		if err := p.edits.Add(edit); err != nil {
			return err
		}
	}
	return nil
}

// removals returns the edits that remove the metadata step. If the metadata step stays,
// the method "removals" returns no edits.
func (p *pass) removals(c chain) ([]text.Edit, bool) {
	if c.meta == nil || c.keepMeta != "" {
		return nil, true
	}
	edit, ok := p.removal(c.meta)
	return []text.Edit{edit}, ok
}

// renaming returns the edit that replaces the name of a step.
func (p *pass) renaming(step *flow.Step, name string) (text.Edit, bool) {
	old := flow.Get(step.Node, "name")
	start, end := p.scalarStart(old.Value), p.scalarEnd(old.Value)
	return text.Edit{Start: start, End: end, New: name}, start >= 0 && old.Raw == old.Value
}

// mergedInputs returns the lines with the inputs of the new step. The first
// lines are comments about differences between the old image and the new image.
func (p *pass) mergedInputs(c chain, d differences) []string {
	var lines []string
	for _, comment := range d.comments {
		lines = append(lines, "# "+comment)
	}
	push, _ := pushCondition(c)
	above, others := p.inputComments(c.push, func(input string) bool {
		return slices.Contains(carried, input) || input == "push" && push != "true"
	})
	lines = append(lines, others...)
	for _, name := range carried {
		lines = append(append(lines, above[name]...), p.inputLines(name, inputNode(c.push, name))...)
	}
	if push != "true" {
		lines = append(append(lines, above["push"]...), p.pushLines(c, push)...)
	}
	if p.attachesNothing(c.push) {
		lines = append(lines, "attestations: strip")
	}
	lines = append(lines, p.nameLines(c)...)
	lines = append(lines, "overwrite: versions=allow", "monotonic: false")
	if p.pushesPullRequests(c) {
		lines = append(lines, "on-readonly: fail")
	}
	return lines
}

// pushLines returns the line of the input "push". A value that does not change keeps its
// quotes.
func (p *pass) pushLines(c chain, push string) []string {
	if push == strings.TrimSpace(c.push.Input("push")) {
		return p.inputLines("push", inputNode(c.push, "push"))
	}
	return []string{"push: " + oneLine(push)}
}

// oneLine returns a value without line breaks as a YAML scalar. The scalar gets quotes only
// if the plain scalar would have another value.
func oneLine(value string) string {
	var got map[string]string
	if err := yaml.Unmarshal([]byte("k: "+value), &got); err == nil && got["k"] == value {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

// nameLines returns the lines of the inputs "image", "tags", "flavor", "labels" and
// "annotations".
func (p *pass) nameLines(c chain) []string {
	switch {
	case c.meta == nil:
		return plainLines(c)
	case c.keepMeta != "":
		return keptLines(c)
	}
	lines := listLines("image", imagesOf(c.meta))
	if c.meta.Input("tags") == "" {
		lines = append(lines, listLines("tags", defaultRules)...)
	} else {
		lines = append(lines, p.inputLines("tags", inputNode(c.meta, "tags"))...)
	}
	if c.meta.Input("flavor") != "" {
		lines = append(lines, p.inputLines("flavor", inputNode(c.meta, "flavor"))...)
	}
	lines = append(lines, listLines("labels", metaLabels(c))...)
	if c.push.Input("annotations") != "" {
		lines = append(lines, listLines("annotations", exactPairs(c.meta.Input("annotations")))...)
	}
	return lines
}

// defaultRules lists the tag rules that docker/metadata-action applies if its input
// "tags" is empty (docs/tags.md, Differences from docker/metadata-action).
var defaultRules = []string{"type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr"}

// noLabels is a value of the input "labels" that contains only a comment. With this
// value, an image that this action builds gets no labels.
var noLabels = []string{"# The image gets no labels."}

// metaLabels returns the labels of docker/metadata-action, or noLabels if the build
// did not use them.
func metaLabels(c chain) []string {
	if c.push.Input("labels") == "" {
		return noLabels
	}
	return exactPairs(c.meta.Input("labels"))
}

// exactPairs returns labels or annotations for this action that have the same
// result as in docker/metadata-action. By default, this action omits the time of the
// run and the pairs with empty values, and a default that describes the image does not
// replace a label of the Dockerfile. exactPairs therefore writes the time, and names the
// keys of the descriptions. The time comes first, so that a later line can replace it.
func exactPairs(written string) []string {
	var lines []string
	for line := range strings.Lines(written) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	sets := func(key string) bool {
		return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), key+"=") })
	}
	if !sets(meta.KeyCreated) {
		lines = slices.Insert(lines, 0, meta.KeyCreated+"={{date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}")
	}
	keys := slices.DeleteFunc(slices.Clone(meta.Descriptions), sets)
	if len(keys) > 0 {
		lines = append(lines, "# The following keys get their default values, even if a value is empty.")
	}
	return append(lines, keys...)
}

// listLines returns the lines of an input whose value is a list.
func listLines(name string, items []string) []string {
	if len(items) == 1 && !strings.HasPrefix(items[0], "#") && (name == "image" || !strings.ContainsAny(items[0], "{}'\"#")) && oneLine(items[0]) == items[0] {
		return []string{name + ": " + items[0]}
	}
	lines := []string{name + ": |"}
	for _, item := range items {
		lines = append(lines, "  "+item)
	}
	return lines
}

// keptLines returns the lines of the inputs for a chain whose metadata step stays. If the
// metadata step returns no tag, the comment in the input "tags" prevents this action from
// using its default tags.
func keptLines(c chain) []string {
	lines := append(listLines("image", imagesOf(c.meta)), "tags: |", "  # If the metadata step returns no tag, this step fails.")
	for line := range strings.Lines(c.push.Input("tags")) {
		lines = append(lines, "  "+strings.TrimSpace(line))
	}
	labels := noLabels
	if text := strings.TrimSpace(c.push.Input("labels")); text != "" {
		labels = strings.Split(text, "\n")
	}
	lines = append(lines, listLines("labels", labels)...)
	if text := strings.TrimSpace(c.push.Input("annotations")); text != "" {
		lines = append(lines, "annotations: "+oneLine(text))
	}
	return lines
}

// plainLines returns the lines of the inputs "image" and "tags" for a chain without a
// metadata step.
func plainLines(c chain) []string {
	images, refs, _ := splitTags(c.push.Input("tags")) // The method tagObstacle has already checked the tags.
	return append(append(listLines("image", images), listLines("tags", refs)...), listLines("labels", noLabels)...)
}

// inputLines returns the lines of one input with the value from the file. A
// value on one line keeps its quotes. A value on several lines becomes a
// literal block.
func (p *pass) inputLines(name string, n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	value := strings.TrimSpace(n.Value)
	if !strings.Contains(value, "\n") {
		if s, err := p.scalar(n); err == nil && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
			quote := map[bool]string{true: `"`}[n.Style&yaml.DoubleQuotedStyle != 0] + map[bool]string{true: "'"}[n.Style&yaml.SingleQuotedStyle != 0]
			return []string{name + ": " + quote + string(p.doc.Text.Bytes()[s.Start:s.End]) + quote}
		}
		return []string{name + ": " + oneLine(value)}
	}
	lines := []string{name + ": |"}
	for line := range strings.Lines(n.Value) {
		lines = append(lines, "  "+strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// removal returns the edit that removes a step, the comment directly above the
// step and the blank line below the step. The edit keeps an inactive part of the workflow
// above the step. The method moveComments moves the removed comments. The boolean result is false if the
// step does not start on its own line.
func (p *pass) removal(step *flow.Step) (text.Edit, bool) {
	f := p.doc.Text
	at := f.Start(step.Node)
	start := f.LineStart(at)
	dash := strings.TrimSpace(string(f.Bytes()[start:at]))
	if dash != "-" || step.Node.Style&yaml.FlowStyle != 0 || p.isAnchored(step.Node) {
		return text.Edit{}, false
	}
	for start > 0 {
		above := f.LineStart(start - 1)
		comment := strings.TrimSpace(string(f.Bytes()[above:start]))
		if !strings.HasPrefix(comment, "#") || inactive().MatchString(comment) {
			break
		}
		start = above
	}
	end := p.nextLine(p.endOf(step.Node))
	if after := p.nextLine(end); strings.TrimSpace(string(f.Bytes()[end:after])) == "" {
		end = after
	}
	return text.Edit{Start: start, End: end}, true
}

// nextLine returns the offset of the line after the line that contains the
// given offset.
func (p *pass) nextLine(offset int) int {
	f := p.doc.Text
	end := f.LineEnd(offset)
	return min(end+len(f.EOL(end)), len(f.Bytes()))
}

// endOf returns the offset after the last scalar below a node, including the
// closing quote.
func (p *pass) endOf(n *yaml.Node) int {
	end := 0
	flow.Scalars(n, func(s *yaml.Node) {
		e := p.scalarEnd(s)
		if s.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			e++
		}
		end = max(end, e)
	})
	return end
}
