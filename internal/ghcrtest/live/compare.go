package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// compareFiles prints the facts that differ between two records. The first record
// contains the facts of the real registry. The second record contains the facts of
// the model.
func compareFiles(files []string, out io.Writer) error {
	if len(files) != 2 {
		return errors.New("-compare needs two files: the record of the registry and the record of the model")
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

// compare returns a Markdown table with one row per fact. Different facts are bold.
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

// cell escapes a server's text for a cell of a Markdown table.
func cell(text string) string {
	if text == "" {
		return "–"
	}
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "*", "\\*").Replace(text)
}
