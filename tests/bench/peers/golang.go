// golang.go - a TLS echo with Go's crypto/tls: one goroutine for each connection.
//
//	golang PORT CERTIFICATE KEY
package main

import (
	"crypto/tls"
	"log"
	"net"
	"os"
)

// One record holds at most 16 KiB (RFC 8446, 5.1), and a Read gives at most one.
const recordSize = 16 << 10

func echo(peer net.Conn) {
	defer peer.Close() // says close_notify
	data := make([]byte, recordSize)
	for {
		size, err := peer.Read(data)
		if err != nil {
			return
		}
		if _, err = peer.Write(data[:size]); err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: golang PORT CERTIFICATE KEY")
	}
	certificate, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	// TCP_NODELAY is net's default; crypto/tls sends one ticket.
	listener, err := tls.Listen("tcp", "127.0.0.1:"+os.Args[1], &tls.Config{
		Certificates:     []tls.Certificate{certificate},
		MinVersion:       tls.VersionTLS12,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256},
	})
	if err != nil {
		log.Fatal(err)
	}
	for {
		peer, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(peer)
	}
}
