package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// documentName is where the options of a document come from, in errors and in [Line.Source].
const documentName = "configuration"

// document is a JSON object of options, as a program that has the server in its own process gives them:
// the keys of the file, and two that only make sense there: "env", and "config", the path of the file to
// read besides ("" for none).
type document struct {
	values map[string]given
	config string // "": look for the file
	errs   []error
}

// readDocument reads the object; no text at all is an object without anything in it. Variables are not
// filled in: who computes a value has no need of that, and a secret may contain "${".
func readDocument(text []byte) *document {
	d := &document{values: make(map[string]given)}
	if len(text) == 0 {
		return d
	}
	if len(text) > maxFile {
		d.fail("larger than %d bytes", maxFile)
		return d
	}
	if err := d.read(text); err != nil {
		d.fail("no JSON object: %w", err)
	}
	return d
}

func (d *document) fail(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(documentName+": "+format, args...))
}

// read goes through the object key by key, so that one that is there twice is seen.
func (d *document) read(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if begin, err := decoder.Token(); err != nil {
		return err
	} else if begin != json.Delim('{') {
		return fmt.Errorf("it begins with %v", begin)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		d.entry(key.(string), value) // a decoder lets nothing else pass for a key
	}
	if _, err := decoder.Token(); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("something follows it")
	}
	return nil
}

// entry reads one key with its value.
func (d *document) entry(key string, value any) {
	texts, list, err := texts(value)
	switch r := byName(key); {
	case err != nil:
		d.fail("%s: %w", key, err)
	case value == nil, slices.Contains(appsOwn, key):
	case key == "config":
		d.config = cmp.Or(strings.Join(texts, ""), noFile)
	case settled[key].why != "":
		if list || texts[0] != settled[key].value {
			d.fail("%s: %s", key, settled[key].why)
		}
	case r == nil:
		d.fail("%s: no such option%s", key, suggest(key, keys()))
	default:
		if _, twice := d.values[r.Key]; twice {
			d.fail("%s: given a second time", key)
			return
		}
		g := given{texts: texts, separate: list, source: documentName}
		if key == r.Alias {
			g.unit = cmp.Or(r.Unit, "ms")
		}
		d.values[r.Key] = g
	}
}

// texts writes a value as it would stand in the file.
func texts(value any) (list []string, isList bool, err error) {
	switch v := value.(type) {
	case nil:
		return nil, false, nil
	case string:
		return []string{v}, false, nil
	case json.Number:
		return []string{v.String()}, false, nil
	case bool:
		return []string{fmt.Sprint(v)}, false, nil
	case []any:
		list := []string{}
		for _, item := range v {
			one, nested, err := texts(item)
			if err != nil || nested || len(one) != 1 {
				return nil, false, errPlainValue
			}
			list = append(list, one[0])
		}
		return list, true, nil
	}
	return nil, false, errPlainValue
}

var errPlainValue = errors.New("a plain value or a list of them is wanted here")
