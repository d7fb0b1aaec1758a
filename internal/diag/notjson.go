package diag

import (
	"encoding/json"
	"errors"
	"io"
)

// NotJSON replaces the error of the JSON parser for a text that is not JSON by an error
// that users understand. NotJSON returns all other errors unchanged.
func NotJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text is not JSON")
	}
	return err
}
