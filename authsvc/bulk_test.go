package authsvc

import (
	"bufio"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
)

// Who writes an answer hears at the first flush that its reader has gone: an import
// would otherwise go on with accounts whose results nobody sees.
func TestBulkAnswerGone(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	flushed := make(chan error, 1)
	engine := gin.New()
	engine.GET("/", func(c *gin.Context) {
		answer := (&Server{stall: time.Minute}).startBulk(c, api.NDJSONType)
		if err := answer.flush(); err != nil {
			t.Error(err)
		}
		<-c.Request.Context().Done() // the connection is closed
		if err := answer.line(api.ImportResult{Line: 1}); err != nil {
			t.Error(err)
		}
		flushed <- answer.flush()
	})
	server := &http.Server{Handler: engine, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	conn, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-flushed; err == nil {
		t.Error("the answer was flushed to somebody who has gone")
	}
}
