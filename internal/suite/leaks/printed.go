package leaks

import "reflect"

const itself, aPointer = "itself", "a pointer"

// inside returns the value in what programs keep values in.
func inside(v any) map[string]any {
	rv := reflect.ValueOf(v)
	t := rv.Type()
	pointer := reflect.New(t)
	pointer.Elem().Set(rv)
	many := func(item reflect.Value) any {
		list := reflect.MakeSlice(reflect.SliceOf(item.Type()), 0, 1)
		return reflect.Append(list, item).Interface()
	}
	named := func(item reflect.Value) any {
		m := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), item.Type()))
		m.SetMapIndex(reflect.ValueOf("k"), item)
		return m.Interface()
	}
	member := func(item reflect.Value) reflect.Value {
		s := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: item.Type()}}))
		s.Elem().Field(0).Set(item)
		return s
	}
	return map[string]any{
		itself:                        v,
		aPointer:                      pointer.Interface(),
		"a slice":                     many(rv),
		"a slice of any":              []any{v},
		"a slice of pointers":         many(pointer),
		"a map":                       named(rv),
		"a map of pointers":           named(pointer),
		"a struct":                    member(rv).Elem().Interface(),
		"a struct with a pointer":     member(pointer).Elem().Interface(),
		"a pointer to a struct":       member(rv).Interface(),
		"a pointer to a pointer's":    member(pointer).Interface(),
		"a slice of maps of slices":   []map[string][]any{{"k": {v}}},
		"a struct with any, and deep": struct{ A struct{ B []any } }{struct{ B []any }{[]any{v, pointer.Interface()}}},
	}
}
