//go:build unix

package lambda

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

// conn is a process's connection that remembers how it broke. A process that dies
// with unread bytes in a socket resets the connection (RST) instead of closing it
// (FIN), and so does the kernel when bytes arrive for a process that is gone. That
// tells a process killed while it was idle, which never saw the event just sent to
// it, from one killed while it worked: the first event can safely go to another
// process, and the second must fail.
type conn struct {
	net.Conn
	broken chan struct{} // closed when nothing more will be read

	// mu orders writing against learning of the end: what is written after that
	// does not arrive.
	mu     sync.Mutex
	ended  bool
	unread bool // something written was not read
}

// leftUnread waits for the connection's end, so it must only be asked once the
// process ended.
func (c *conn) leftUnread() bool {
	<-c.broken
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unread
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	// net/http interrupts its own reads by way of a deadline.
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.mu.Lock()
		c.end(errors.Is(err, syscall.ECONNRESET) || c.wasReset())
		c.mu.Unlock()
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.Conn.Write(b)
	if err != nil || c.ended {
		c.end(true)
	}
	return n, err
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	c.end(false)
	c.mu.Unlock()
	return err
}

func (c *conn) end(unread bool) {
	c.unread = c.unread || unread
	if !c.ended {
		c.ended = true
		close(c.broken)
	}
}

// wasReset finds the reset that a read does not report, because the process had
// closed its end before.
func (c *conn) wasReset() bool {
	raw, err := c.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	reset := false
	err = raw.Control(func(fd uintptr) {
		pending, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		reset = err == nil && pending != 0
	})
	return err == nil && reset
}

// connListener makes every accepted connection a conn.
type connListener struct{ net.Listener }

func (l connListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, broken: make(chan struct{})}, nil
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection a request came by.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}
