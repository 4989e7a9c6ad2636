package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/guichetpay/guichet"
)

// NilClient calls every exported method of a provider's client on a nil pointer and on a
// zero value, neither of which New made. Whatever a method is given, it must not panic,
// and its error must say that the client was not made by New. client is any *Client, such
// as (*lygos.Client)(nil).
//
// A method without an error, such as Capabilities, need only return.
func NilClient(t *testing.T, client any) {
	t.Helper()
	for _, problem := range nilClientProblems(client) {
		t.Error(problem)
	}
}

const unmade = "the client was not made by New"

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
)

func nilClientProblems(client any) (problems []string) {
	pointer := reflect.TypeOf(client)
	for name, receiver := range map[string]reflect.Value{
		"a nil client": reflect.Zero(pointer), "the zero client": reflect.New(pointer.Elem()),
	} {
		errorsSeen := 0
		for i := range pointer.NumMethod() {
			method := pointer.Method(i)
			for _, err := range errorsOf(receiver.Method(i)) {
				errorsSeen++
				var e *guichet.Error
				switch {
				case !errors.As(err, &e):
					problems = append(problems, fmt.Sprintf("%s of %s: %v", method.Name, name, err))
				case e.Op != method.Name || e.Message != unmade || e.OutcomeUnknown || e.Kind == nil:
					problems = append(problems, fmt.Sprintf("%s of %s: Op %q, outcome unknown %t: %v", method.Name, name, e.Op, e.OutcomeUnknown, err))
				}
			}
		}
		if errorsSeen == 0 {
			problems = append(problems, "no method of "+name+" returns an error")
		}
	}
	return problems
}

var errPanic = errors.New("panic")

// errorsOf calls a method with zero arguments and a context, and returns what it has for
// an error: its last result, or each error that the iterator it returns yields.
func errorsOf(method reflect.Value) (errs []error) {
	defer func() {
		if p := recover(); p != nil {
			errs = append(errs, fmt.Errorf("%w: %v", errPanic, p))
		}
	}()
	kind := method.Type()
	args := make([]reflect.Value, 0, kind.NumIn())
	for i := range kind.NumIn() {
		switch in := kind.In(i); {
		case in == contextType:
			args = append(args, reflect.ValueOf(context.Background()))
		case kind.IsVariadic() && i == kind.NumIn()-1:
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	results := method.Call(args)
	if len(results) == 0 {
		return nil
	}
	last := results[len(results)-1]
	switch {
	case last.Type() == errorType:
		err, _ := last.Interface().(error)
		return []error{err}
	case last.Type().CanSeq2():
		walked := 0
		for _, v := range last.Seq2() {
			if v.Type() != errorType || walked > 2 {
				return append(errs, errors.New("a walk without an error"))
			}
			walked++
			err, _ := v.Interface().(error)
			errs = append(errs, err)
		}
		if walked == 0 {
			errs = append(errs, nil) // an empty list is no error
		}
	}
	return errs
}
