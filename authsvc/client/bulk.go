package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"

	"github.com/jitsiauth/server/authsvc/api"
)

// ErrCutOff is what Import ends with where the answer has no summary. The lines
// whose results came are written; whether others are is not known.
var ErrCutOff = errors.New("the answer was cut off before its summary")

// Import sends accounts, lines of api.ImportLine in the format api.NDJSONType
// or rows in api.CSVType (maybe with a charset), and yields what became of each line while it sends.
// Memory stays flat. The last result holds the summary alone. An error ends it:
// *jitsiauth.InvalidError for the query or the first row of a CSV,
// jitsiauth.ErrForbidden for a query that the token may not send, an *Error
// with RetryAfter where too many imports run, ErrCutOff, or, behind a summary
// with Done false, what its Problem says. Lines that are refused are results,
// not errors. To stop early, break; lines already sent may still be written. r
// may be read from until ctx ends.
func (c *Client) Import(ctx context.Context, r io.Reader, format string, query api.ImportQuery) iter.Seq2[api.ImportResult, error] {
	params := url.Values{}
	if query.Mode != "" {
		params.Set("mode", query.Mode)
	}
	if query.DryRun {
		params.Set("dry_run", "true")
	}
	if query.Atomic {
		params.Set("atomic", "true")
	}
	if query.AllowWeak {
		params.Set("allow_weak", "true")
	}
	if query.WithoutPassword {
		params.Set("without_password", "true")
	}
	request := call{method: http.MethodPost, path: "/api/v1/imports", query: params, stream: r, kind: format}
	return func(yield func(api.ImportResult, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the sending too
		answer, err := c.open(ctx, request, api.NDJSONType)
		if err != nil {
			yield(api.ImportResult{}, err)
			return
		}
		defer answer.Close() //nolint:errcheck // everything that matters has been read
		lines := json.NewDecoder(bufio.NewReader(answer))
		for {
			var result api.ImportResult
			if err := lines.Decode(&result); err != nil {
				yield(api.ImportResult{}, fmt.Errorf("%w (%w)", ErrCutOff, err))
				return
			}
			if !yield(result, nil) {
				return
			}
			if summary := result.Summary; summary != nil {
				if summary.Problem != nil {
					yield(api.ImportResult{}, problemError(summary.Problem))
				}
				return
			}
		}
	}
}

func problemError(p *api.Problem) error {
	e := &Error{Status: p.Status}
	e.fill(p)
	return e
}

// Export returns all accounts, as they come, in the format of the query; see
// api.ExportedUser. The caller must read it without long pauses and close it. A
// Read error other than io.EOF says that it was cut off. Export returns
// jitsiauth.ErrForbidden, or an *Error with RetryAfter where too many run.
func (c *Client) Export(ctx context.Context, query api.ExportQuery) (io.ReadCloser, error) {
	params, kind := url.Values{}, api.NDJSONType
	if query.Format != "" {
		params.Set("format", query.Format)
	}
	if query.Format == "csv" {
		kind = api.CSVType
	}
	if query.Hashes {
		params.Set("hashes", "true")
	}
	return c.open(ctx, call{method: http.MethodGet, path: "/api/v1/exports", query: params}, kind)
}

// ExportUsers yields all accounts, decoded. An error ends it; see Export.
func (c *Client) ExportUsers(ctx context.Context, hashes bool) iter.Seq2[api.ExportedUser, error] {
	return func(yield func(api.ExportedUser, error) bool) {
		answer, err := c.Export(ctx, api.ExportQuery{Hashes: hashes})
		if err != nil {
			yield(api.ExportedUser{}, err)
			return
		}
		defer answer.Close() //nolint:errcheck // everything that matters has been read
		lines := json.NewDecoder(bufio.NewReader(answer))
		for {
			var user api.ExportedUser
			err := lines.Decode(&user)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(user, err) || err != nil {
				return
			}
		}
	}
}

// open sends the request and returns the answer's body, of the content type
// wanted, to be closed.
func (c *Client) open(ctx context.Context, call call, wanted string) (io.ReadCloser, error) {
	request, err := c.newRequest(ctx, call)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", wanted+", "+api.ProblemType)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode == http.StatusOK && kind == wanted {
		return response.Body, nil
	}
	defer response.Body.Close() //nolint:errcheck // it is not what was asked for
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, readError(response, io.LimitReader(response.Body, maxAnswer))
	}
	return nil, fmt.Errorf("the answer with status %d is not %s: is that the service, or something before it?", response.StatusCode, wanted)
}
