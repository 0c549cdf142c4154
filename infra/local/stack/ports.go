//go:build unix

package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// port is one of the places the stack listens at, counted from the first.
type port int

const (
	apiPort port = iota
	twilioPort
	oidcPort
	dynamodbPort
	sqsPort
	secretsPort
	lambdaPort
	portCount
)

var portNames = [portCount]string{"the API", "Twilio and the handset", "the token issuer", "DynamoDB", "SQS", "Secrets Manager", "the Lambda host"}

// ports holds our own places from the very start, so that a taken one is found
// before anything is built, and so that every URL is known before its server runs.
// The emulators listen for themselves: their ports are only looked at.
type ports struct {
	listeners [portCount]net.Listener
	addrs     [portCount]string
}

// Free ports are looked for below the range that systems take for outgoing
// connections: between our look at one and the emulator's listening on it, no
// connection can then slip in.
const (
	lowestFree  = 20000
	highestFree = 32000
	freeTries   = 100
)

// choosePorts listens on consecutive ports of 127.0.0.1 from first on, or on free
// ones for 0.
func choosePorts(first int) (*ports, error) {
	if first != 0 {
		return listen(first)
	}
	for range freeTries {
		p, err := listen(lowestFree + rand.IntN(highestFree-lowestFree))
		if err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("found no %d free ports in a row from %d to %d", portCount, lowestFree, highestFree)
}

func listen(first int) (*ports, error) {
	if first < 1 || first > 65535-int(portCount) {
		return nil, fmt.Errorf("PORT=%d: choose a first port from 1024 to %d (0 takes free ones)", first, 65535-int(portCount))
	}
	p := &ports{}
	for n := range portCount {
		number := first + int(n)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(number))
		if err != nil {
			p.close()
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("port %d, for %s, is in use: end what uses it, or choose another first port of %d: make run PORT=%d",
					number, portNames[n], portCount, first+100)
			}
			return nil, fmt.Errorf("port %d, for %s: %w", number, portNames[n], err)
		}
		p.addrs[n] = l.Addr().String()
		if n == dynamodbPort || n == sqsPort {
			_ = l.Close()
			continue
		}
		p.listeners[n] = l
	}
	return p, nil
}

func (p *ports) url(n port) string { return "http://" + p.addrs[n] }

// take hands the listener over to whoever serves on it.
func (p *ports) take(n port) net.Listener {
	l := p.listeners[n]
	p.listeners[n] = nil
	return l
}

func (p *ports) close() {
	for _, l := range p.listeners {
		if l != nil {
			_ = l.Close()
		}
	}
}
