//go:build unix

package lambda

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// runtimeAPI serves all processes: AWS_LAMBDA_RUNTIME_API may hold a path, and
// theirs starts with their id.
func (h *Host) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	const invocation = "/{sandbox}/2018-06-01/runtime/invocation/"
	mux.HandleFunc("GET "+invocation+"next", h.withSandbox(h.next))
	mux.HandleFunc("POST "+invocation+"{id}/response", h.withSandbox(h.response))
	mux.HandleFunc("POST "+invocation+"{id}/error", h.withSandbox(h.error))

	// Programs that want to see SIGTERM register as an extension without events.
	const extension = "/{sandbox}/2020-01-01/extension/"
	mux.HandleFunc("POST "+extension+"register", h.withSandbox(func(w http.ResponseWriter, _ *http.Request, _ *sandbox) {
		w.Header().Set("Lambda-Extension-Identifier", uuid.NewString())
	}))
	mux.HandleFunc("GET "+extension+"event/next", h.withSandbox(func(_ http.ResponseWriter, r *http.Request, _ *sandbox) {
		<-r.Context().Done()
	}))
	return mux
}

func (h *Host) withSandbox(handle func(http.ResponseWriter, *http.Request, *sandbox)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		s := h.sandboxes[r.PathValue("sandbox")]
		h.mu.Unlock()
		if s == nil {
			http.NotFound(w, r)
			return
		}
		handle(w, r, s)
	}
}

// next is the long poll of an idle process.
func (h *Host) next(w http.ResponseWriter, r *http.Request, s *sandbox) {
	s.polling.Lock()
	defer s.polling.Unlock()
	if !h.ready(s, connOf(r.Context())) {
		http.Error(w, "no event now: the last one has no response yet", http.StatusForbidden)
		return
	}
	i, deadline := h.await(r.Context(), s)
	if i == nil {
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(i.event)))
	header.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+h.config.Region+":"+account+":function:"+s.pool.Name)
	header.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%.24s;Sampled=0", time.Now().Unix(), strings.ReplaceAll(i.id, "-", "")))
	// Errors say nothing that bury does not find out, once all is written.
	_, _ = w.Write(i.event)
	_ = http.NewResponseController(w).Flush()
}

// ready ends the process's last turn and makes it idle. It is false for a process
// that has not answered, or is gone.
func (h *Host) ready(s *sandbox, c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sandboxes[s.id] == nil || s.current != nil && !s.current.finished {
		return false
	}
	s.current = nil
	s.conn = c
	s.setComing(false)
	s.forget()
	if !s.hasBooted() {
		close(s.booted)
	}
	if s.pool.retired {
		s.stop(stopGrace)
	}
	if !s.stopped {
		s.pool.idle = append(s.pool.idle, s)
		h.dispatch(s.pool)
	}
	return true
}

// await returns the process's next invocation and when its time is up, or nil when
// the process hung up.
func (h *Host) await(ctx context.Context, s *sandbox) (*invocation, time.Time) {
	select {
	case <-s.wake:
		h.mu.Lock()
		defer h.mu.Unlock()
		return s.current, s.deadline
	case <-ctx.Done():
		h.mu.Lock()
		defer h.mu.Unlock()
		s.forget()
		if i := s.current; i != nil { // chosen for it just now
			s.current = nil
			<-s.wake
			h.requeue(s.pool.Name, i)
		}
		return nil, time.Time{}
	}
}

func (h *Host) response(w http.ResponseWriter, r *http.Request, s *sandbox) {
	h.answer(w, r, s, "")
}

func (h *Host) error(w http.ResponseWriter, r *http.Request, s *sandbox) {
	h.answer(w, r, s, Unhandled)
}

// answer takes what the function made of an event.
func (h *Host) answer(w http.ResponseWriter, r *http.Request, s *sandbox, functionError string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	tooLarge := (*http.MaxBytesError)(nil)
	if err != nil && !errors.As(err, &tooLarge) {
		return // the process ended while it wrote
	}
	// A response that is a stream may still fail at its end.
	if trailer := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); trailer != "" {
		functionError = Unhandled
		if body, err = base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err != nil {
			body = []byte(`{"errorType":` + strconv.Quote(trailer) + `}`)
		}
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	i := s.current
	switch {
	case i == nil || i.finished || i.id != r.PathValue("id"):
		http.Error(w, "no such invocation", http.StatusBadRequest)
	case tooLarge != nil:
		o := i.failed("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxPayload))
		o.functionError = Unhandled
		i.finish(o)
		http.Error(w, "response too large", http.StatusRequestEntityTooLarge)
	default:
		s.served = true
		s.setComing(true)
		i.finish(outcome{response: body, functionError: functionError})
		w.WriteHeader(http.StatusAccepted) // aws-lambda-go ends the process on anything else
	}
}
