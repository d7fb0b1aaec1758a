package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// compareFiles prints which facts of two records differ: the first is what was seen,
// the second what our model says.
func compareFiles(files []string, out io.Writer) error {
	if len(files) != 2 {
		return errors.New("-compare needs two files: what was seen, and what is modelled")
	}
	seen, err := readRecord(files[0])
	if err != nil {
		return err
	}
	model, err := readRecord(files[1])
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, compare(seen, model))
	return err
}

// compare is a Markdown table with a row for each fact, those that differ in bold.
func compare(seen, model record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| question | fact | %s | modelled |\n|---|---|---|---|\n", cell(seen.Subject.Registry))
	modelled := map[string]finding{}
	for _, f := range model.Findings {
		modelled[f.ID] = f
	}
	for _, f := range seen.Findings {
		m := modelled[f.ID]
		names := maps.Clone(f.Facts)
		maps.Copy(names, m.Facts)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			row(&b, f.ID, name, f.Facts[name], m.Facts[name])
		}
		if f.Error != "" || m.Error != "" {
			row(&b, f.ID, "error", f.Error, m.Error)
		}
	}
	return b.String()
}

func row(b *strings.Builder, id, name, seen, model string) {
	seen, model = cell(seen), cell(model)
	if seen != model {
		seen = "**" + seen + "**"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", id, cell(name), seen, model)
}

// cell keeps a server's words from ending the table they stand in.
func cell(text string) string {
	if text == "" {
		return "–"
	}
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "*", "\\*").Replace(text)
}
