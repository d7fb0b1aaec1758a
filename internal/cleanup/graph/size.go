package graph

// Size returns the size of the layers of a version and of its children, in bytes. A layer
// that several children share counts once.
func (p *Package) Size(i int) int64 {
	total, layers, visited := int64(0), map[string]bool{}, map[int]bool{}
	queue := []int{i}
	for len(queue) > 0 {
		n := &p.Nodes[queue[0]]
		queue = queue[1:]
		for _, layer := range n.Manifest.Layers {
			if !layers[layer.Digest] {
				layers[layer.Digest] = true
				total += layer.Size
			}
		}
		for _, child := range n.Children {
			if !visited[child] {
				visited[child] = true
				queue = append(queue, child)
			}
		}
	}
	return total
}
