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

// CommandHabitNames returns the names of the inputs with an advice of one command.
func CommandHabitNames() map[Command][]string {
	names := map[Command][]string{}
	for c, own := range commandHabits {
		for name := range maps.Keys(own) {
			names[c] = append(names[c], name)
		}
	}
	return names
}
