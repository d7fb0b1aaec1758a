package input

import "maps"

// HabitNames returns the names of the inputs with an own advice.
func HabitNames() []string {
	var names []string
	for name := range maps.Keys(habits) {
		names = append(names, name)
	}
	return names
}
