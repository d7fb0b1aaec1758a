package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// NotJSON replaces the errors of the JSON parser for a text that is not JSON, or that has
// another form, by errors that users understand. NotJSON returns all other errors unchanged.
func NotJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text is not JSON")
	}
	var form *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &form):
		return err
	case form.Field == "":
		return fmt.Errorf("the text is JSON, but its value is of the type %s", form.Value)
	}
	return fmt.Errorf("the field %q of the JSON has a value of the type %s", form.Field, form.Value)
}
