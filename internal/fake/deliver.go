package fake

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Deliver sends a webhook to the merchant's receiver, once, as a provider does:
// no redirect is followed, the connection is not kept, and an answer that is not
// 2xx is an error.
func Deliver(req *http.Request, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(req.Context(), patience)
	defer cancel()
	req = req.WithContext(ctx)
	req.Close = true // leave no connection behind in the caller's process
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the receiver answered %s", res.Status)
	}
	return nil
}
