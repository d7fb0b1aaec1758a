package migrate

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

func valueOf(step *flow.Step, key string) *yaml.Node {
	if pair := flow.Get(step.Node, key); pair != nil {
		return pair.Value
	}
	return nil
}

// outputsUsed describes an output of the chain that the step uses and that
// the merge would remove. It returns "" if the step uses no such output.
func outputsUsed(step *flow.Step, c chain) string {
	why := ""
	flow.Scalars(step.Node, func(n *yaml.Node) {
		if why == "" {
			why = c.lostOutput(n.Value)
		}
	})
	return why
}

func outputsUsedByJob(c chain) string {
	outputs := flow.Get(c.push.Job.Node, "outputs")
	if outputs == nil {
		return ""
	}
	why := ""
	flow.Scalars(outputs.Value, func(n *yaml.Node) {
		if why == "" {
			why = c.lostOutput(n.Value)
		}
	})
	return why
}

// lostOutput describes a use of an output that the new step does not have. Of
// the push step's outputs, only digest exists in the new step.
func (c chain) lostOutput(value string) string {
	for _, step := range []*flow.Step{c.login, c.meta, c.push} {
		if step == nil {
			continue
		}
		id := flow.Text(valueOf(step, "id"))
		use := "steps." + id + ".outputs."
		for rest := value; id != "" && strings.Contains(rest, "steps."+id); {
			_, after, ok := strings.Cut(rest, use)
			if !ok || step != c.push || !strings.HasPrefix(after, "digest") {
				return fmt.Sprintf("another step or job uses the outputs of %s", actionName(step))
			}
			rest = after
		}
	}
	return ""
}

var errShape = errors.New("the steps are not written as a YAML block list")

// writeMergedStep turns the push step into a step of this action and removes the
// other steps.
func (p *pass) writeMergedStep(c chain, d differences) error {
	inputs, err := p.mergedInputs(c, d)
	if err != nil {
		return err
	}
	uses, with := c.push.Uses, flow.Get(c.push.Node, "with")
	usesAt, usesEnd := p.scalarStart(uses.Value), p.scalarEnd(uses.Value)
	if with == nil || with.Raw != with.Value || with.Value.Style&yaml.FlowStyle != 0 || len(p.doc.Aliases[c.push.Node]) > 0 || usesAt < 0 {
		return errShape
	}
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
	first := with.Value.Content[0]
	edits = append(edits,
		text.Edit{Start: usesAt, End: max(usesEnd, p.doc.Text.LineEnd(usesEnd)), New: p.opts.ToAction},
		text.Edit{Start: p.doc.Text.Start(first), End: p.endOf(with.Value), New: strings.Join(inputs, p.doc.Text.EOL(p.doc.Text.Start(first))+p.indent(first))})
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

// removals returns the edits that remove the login and the metadata step.
func (p *pass) removals(c chain) ([]text.Edit, bool) {
	var edits []text.Edit
	for _, step := range []*flow.Step{c.login, c.meta} {
		if step == nil {
			continue
		}
		edit, ok := p.removal(step)
		if !ok {
			return nil, false
		}
		edits = append(edits, edit)
	}
	return edits, true
}

// renaming returns the edit that replaces the name of a step.
func (p *pass) renaming(step *flow.Step, name string) (text.Edit, bool) {
	old := flow.Get(step.Node, "name")
	start, end := p.scalarStart(old.Value), p.scalarEnd(old.Value)
	return text.Edit{Start: start, End: end, New: name}, start >= 0 && old.Raw == old.Value
}

// mergedInputs returns the lines with the inputs of the new step. They start with
// comments about the differences of the image.
func (p *pass) mergedInputs(c chain, d differences) ([]string, error) {
	var lines []string
	for _, comment := range d.comments {
		lines = append(lines, "# "+comment)
	}
	add := func(name string, n *yaml.Node) {
		if n != nil {
			lines = append(lines, p.inputLines(name, n)...)
		}
	}
	for _, name := range carried {
		add(name, inputNode(c.push, name))
	}
	if c.push.Input("push") != "true" {
		add("push", inputNode(c.push, "push"))
	}
	if c.push.Input("provenance") == "false" {
		lines = append(lines, "attestations: strip")
	}
	if c.meta == nil {
		return p.plainTags(c, lines)
	}
	add("image", inputNode(c.meta, "images"))
	if c.meta.Input("tags") == "" {
		lines = append(lines, "tags: |", "  type=schedule", "  type=ref,event=branch", "  type=ref,event=tag", "  type=ref,event=pr")
	}
	for _, name := range []string{"tags", "flavor", "labels"} {
		if c.meta.Input(name) != "" {
			add(name, inputNode(c.meta, name))
		}
	}
	return lines, nil
}

// plainTags adds the image and the tags of a chain without metadata to the lines.
func (p *pass) plainTags(c chain, lines []string) ([]string, error) {
	image, tags, err := splitTags(c.push.Input("tags"))
	if err != nil {
		return nil, err
	}
	lines = append(lines, "image: "+image, "tags: |")
	for _, tag := range tags {
		lines = append(lines, "  type=raw,value="+tag)
	}
	return lines, nil
}

// inputLines returns the lines of one input with the value that the file
// contains. A scalar on one line keeps its quotes. A longer scalar becomes a
// literal block.
func (p *pass) inputLines(name string, n *yaml.Node) []string {
	value := strings.TrimSpace(n.Value)
	if !strings.Contains(value, "\n") {
		if s, err := p.scalar(n); err == nil && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
			quote := map[bool]string{true: `"`}[n.Style&yaml.DoubleQuotedStyle != 0] + map[bool]string{true: "'"}[n.Style&yaml.SingleQuotedStyle != 0]
			return []string{name + ": " + quote + string(p.doc.Text.Bytes()[s.Start:s.End]) + quote}
		}
		return []string{name + ": " + value}
	}
	lines := []string{name + ": |"}
	for line := range strings.Lines(n.Value) {
		lines = append(lines, "  "+strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// removal returns the edit that removes the lines of a step. These are the
// lines from the dash of the step through its last line, the comment directly
// above the step, and the blank line below it. It returns false if the step
// does not start on its own line.
func (p *pass) removal(step *flow.Step) (text.Edit, bool) {
	f := p.doc.Text
	at := f.Start(step.Node)
	start := f.LineStart(at)
	dash := strings.TrimSpace(string(f.Bytes()[start:at]))
	if dash != "-" || step.Node.Style&yaml.FlowStyle != 0 || len(p.doc.Aliases[step.Node]) > 0 {
		return text.Edit{}, false
	}
	for start > 0 {
		above := f.LineStart(start - 1)
		if !strings.HasPrefix(strings.TrimSpace(string(f.Bytes()[above:start])), "#") {
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

// nextLine returns the offset of the line after the line that contains offset.
func (p *pass) nextLine(offset int) int {
	f := p.doc.Text
	end := f.LineEnd(offset)
	return min(end+len(f.EOL(end)), len(f.Bytes()))
}

// endOf returns the end of the last scalar below a node, with its closing
// quote.
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
