package jsre

// Groups returns the number of groups of the pattern, without the complete match.
func (r *Regexp) Groups() int { return len(r.re.GetGroupNumbers()) - 1 }
